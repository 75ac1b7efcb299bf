#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace anchal::smpp::east_asian {

/// Readers of the Japanese and Korean sets that a data_coding can name (SMPP 3.4 §5.2.19). They only read:
/// what we send in these scripts goes as UCS-2. `put` gets each code point, 0 for what could not be read.
using Put = std::function<void(char32_t)>;

/// data_coding 5 and 10. The standard names the sets, not the form; ISO 2022-JP (with escapes) and Shift JIS
/// are what is met, and are told apart by the escape.
void decode_jis(std::span<const std::uint8_t> octets, const Put& put);

/// data_coding 13: pairs of JIS X 0212, either bare or with their high bits set and ASCII between them.
void decode_jis_extended(std::span<const std::uint8_t> octets, const Put& put);

/// data_coding 14: EUC-KR, that is KS X 1001 in pairs with their high bits set, ASCII between them.
void decode_korean(std::span<const std::uint8_t> octets, const Put& put);

}  // namespace anchal::smpp::east_asian
