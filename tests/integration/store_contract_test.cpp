#include "tests/integration/store_contract.h"

namespace anchal::test {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(StoreImplementation{"Real", [] { return std::make_unique<RealStore>(); }},
                    StoreImplementation{"Simulated",
                                        [] { return std::make_unique<SimulatedStoreUnderTest>(); }}),
    [](const auto& chosen) { return chosen.param.name; });

}  // namespace
}  // namespace anchal::test
