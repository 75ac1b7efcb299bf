#!/usr/bin/perl
# Writes the tables of smpp/text from their sources in tests/data/charset:
#   gsm7_tables.json      the character tables of 3GPP TS 23.038
#   transliteration.txt   what stands for characters that GSM 7-bit lacks
#   general_category.txt  what a part must not be cut before
# and those of the East Asian sets, which are only read, from the Encode module that comes with Perl.
# usage: text_tables.pl DATA_DIR OUTPUT_DIR
use strict;
use warnings;
use Encode ();
use JSON::PP;

my ($data_dir, $out_dir) = @ARGV;
die "usage: $0 DATA_DIR OUTPUT_DIR\n" unless defined $out_dir;

sub slurp {
  my ($name) = @_;
  open(my $in, '<:raw', "$data_dir/$name") or die "$data_dir/$name: $!\n";
  local $/;
  return scalar <$in>;
}

# ---- sources -------------------------------------------------------------------------------------------

my $json = decode_json(slurp('gsm7_tables.json'));
my %id = %{$json->{national_language_identifiers}};
my @language = sort { $id{$a} <=> $id{$b} } keys %id;
my $languages = scalar @language;
my $ESC = 0x1B;

# Tables by language identifier, 0 the default: septet -> code point.
my (@main, @ext, @has_locking);
sub from_array { my ($t) = @_; return {map { defined $t->[$_] ? ($_ => $t->[$_]) : () } 0 .. 127}; }
sub from_hash { my ($t) = @_; return {map { hex($_) => $t->{$_} } keys %$t}; }
$main[0] = from_array($json->{default});
$ext[0] = from_hash($json->{default_ext});
for my $name (@language) {
  my $n = $id{$name};
  $has_locking[$n] = exists $json->{locking}{$name} ? 1 : 0;
  $main[$n] = $has_locking[$n] ? from_array($json->{locking}{$name}) : $main[0];
  $ext[$n] = from_hash($json->{single}{$name});
}
my (@main_avoid, @ext_avoid);
for my $name (@language) {
  $main_avoid[$id{$name}] = {map { $_ => 1 } @{$json->{encode_avoid}{locking}{$name} // []}};
  $ext_avoid[$id{$name}] = {map { $_ => 1 } @{$json->{encode_avoid}{single}{$name} // []}};
}
$main_avoid[0] = $ext_avoid[0] = {};

# Encoding side, code point -> septet: the lowest septet, an undisputed one before a disputed one.
sub inverse {
  my ($table, $avoid, $with_disputed) = @_;
  my %septet;
  for my $s (sort { $a <=> $b } grep { !$avoid->{$_} } keys %$table) { $septet{$table->{$s}} //= $s; }
  if ($with_disputed) {
    for my $s (sort { $a <=> $b } grep { $avoid->{$_} } keys %$table) { $septet{$table->{$s}} //= $s; }
  }
  return \%septet;
}
my (@main_septet, @ext_septet);  # [disputed][language]
for my $disputed (0, 1) {
  for my $n (0 .. $languages) {
    $main_septet[$disputed][$n] = inverse($main[$n], $main_avoid[$n], $disputed);
    $ext_septet[$disputed][$n] = inverse($ext[$n], $ext_avoid[$n], $disputed);
  }
}

my @replacement;  # [first, last, text or undef, delta]
for my $line (split /\n/, slurp('transliteration.txt')) {
  next if $line =~ /^#/ || $line !~ /\S/;
  my ($first, $last, $what) = $line =~ /^([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s+(.*)$/ or die "bad line: $line\n";
  $last //= $first;
  if ($what =~ /^-([0-9A-F]+)$/) {
    push @replacement, [hex $first, hex $last, undef, hex $1];
  } elsif ($what =~ /^"(.*)"$/) {
    my $text = $1;
    $text =~ s/\\n/\n/g;
    $text =~ s/\\"/"/g;
    die "replacement too long: $line\n" if length $text > 3;
    push @replacement, [hex $first, hex $last, $text, 0];
  } else {
    die "bad line: $line\n";
  }
}
my %replaced;
for my $r (@replacement) { $replaced{$_} = 1 for $r->[0] .. $r->[1]; }
for my $c (keys %replaced) { die sprintf("U+%04X is in the default table\n", $c) if exists $main_septet[0][0]{$c}; }

my (%category, @supplementary);
for my $line (split /\n/, slurp('general_category.txt')) {
  next if $line =~ /^#/ || $line !~ /\S/;
  my ($first, $last, $what) = $line =~ /^([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s+(M|Lo)$/ or die "bad line: $line\n";
  ($first, $last) = (hex $first, hex($last // $first));
  if ($first > 0xFFFF) { push @supplementary, [$first, $last, $what eq 'M' ? 'extend' : 'letter']; }
  else { $category{$_} = $what for $first .. $last; }
}

# ---- candidates ----------------------------------------------------------------------------------------
# 0 default; n single:n; 13+n locking:n; 26+n both. Bits of a class's `encodable` after them:
my @candidate = ([0, 0, 0]);
push @candidate, [0, $_, 1] for 1 .. $languages;
push @candidate, [$_, 0, $has_locking[$_]] for 1 .. $languages;
push @candidate, [$_, $_, $has_locking[$_]] for 1 .. $languages;
$candidate[0] = [0, 0, 1];
my $candidates = scalar @candidate;
my %bit = (latin1 => 40, ascii => 41, gsm7_as_latin1 => 42, gsm7_as_ascii => 43, clean => 44, no_replacement => 45,
           no_zwj => 46, no_cr => 47);

# Counting escapes per candidate would take 40 counters. Four do: whoever is encodable by default or single:n
# escapes what the default main table lacks; by any Indic locking table, what all Indic ones lack.
my ($indic_first, %in_any_indic) = (4);
for my $n ($indic_first .. $languages) { $in_any_indic{$_} = 1 for keys %{$main_septet[1][$n]}; }
for my $n ($indic_first .. $languages) {
  for my $c (keys %{$ext_septet[1][$n]}, keys %{$ext_septet[1][0]}) {
    die sprintf("U+%04X breaks the shared escape count of the Indic tables\n", $c)
        if $in_any_indic{$c} && !exists $main_septet[1][$n]{$c};
  }
}
sub escape_lane { my ($locking) = @_; return $locking == 0 ? 0 : $locking == $id{turkish} ? 1 : $locking == $id{portuguese} ? 2 : 3; }

# ---- classes -------------------------------------------------------------------------------------------

my @break_kind = qw(other cr lf extend zwj virama regional letter);
my %break_kind = map { $break_kind[$_] => $_ } 0 .. $#break_kind;
my %virama = map { $_ => 1 } 0x094D, 0x09CD, 0x0A4D, 0x0ACD, 0x0B4D, 0x0BCD, 0x0C4D, 0x0CCD, 0x0D4D, 0x0DCA;

sub bmp_break {
  my ($c) = @_;
  return 'cr' if $c == 0x0D;
  return 'lf' if $c == 0x0A;
  return 'zwj' if $c == 0x200D;
  return 'virama' if $virama{$c};
  my $category = $category{$c} // '';
  return 'extend' if $c == 0x200C || $category eq 'M';
  return 'letter' if $category eq 'Lo';
  return 'other';
}

sub forbidden {
  my ($c) = @_;
  return 1 if $c < 0x20 && $c != 0x09 && $c != 0x0A && $c != 0x0C && $c != 0x0D;
  return 1 if $c >= 0x7F && $c < 0xA0 && $c != 0x85;
  return ($c & 0xFFFE) == 0xFFFE || ($c >= 0xFDD0 && $c <= 0xFDEF) ? 1 : 0;
}

# What a candidate set looks like for one BMP code point: encodable mask and escape lanes.
sub traits {
  my ($c, $disputed) = @_;
  my ($mask, $lanes) = (0, 0);
  my $main_of = $main_septet[$disputed];
  my $ext_of = $ext_septet[$disputed];
  for my $k (0 .. $candidates - 1) {
    my ($m, $e, $exists) = @{$candidate[$k]};
    $mask |= 1 << $k if $exists && (exists $main_of->[$m]{$c} || exists $ext_of->[$e]{$c});
  }
  my $gsm = $mask & 1;
  my $ok = !forbidden($c);
  $mask = 0 unless $ok;
  $mask |= 1 << $bit{latin1} if $ok && $c < 0x100;
  $mask |= 1 << $bit{ascii} if $ok && $c < 0x80;
  $mask |= 1 << $bit{gsm7_as_latin1} if $ok && $gsm && $c < 0x100;
  $mask |= 1 << $bit{gsm7_as_ascii} if $ok && $gsm && $c < 0x80;
  $mask |= 1 << $bit{clean} if $ok;
  $mask |= 1 << $bit{no_replacement} if !$replaced{$c};
  $mask |= 1 << $bit{no_zwj} if $c != 0x200D;
  $mask |= 1 << $bit{no_cr} if $c != 0x0D;
  $lanes |= 1 if !exists $main_of->[0]{$c};
  $lanes |= 1 << 16 if !exists $main_of->[$id{turkish}]{$c};
  $lanes |= 1 << 32 if !exists $main_of->[$id{portuguese}]{$c};
  # A disputed septet may be a locking one: count by the same table that writes.
  $lanes |= 1 << 48 if !$in_any_indic{$c};
  return ($mask, $lanes);
}

my (%class_of, @class);  # class: [mask, lanes, mask disputed, lanes disputed, length, break]
sub class_id {
  my (@key) = @_;
  my $key = join ',', @key;
  if (!exists $class_of{$key}) {
    $class_of{$key} = scalar @class;
    push @class, [@key];
  }
  return $class_of{$key};
}

my $no_flags = (1 << $bit{no_replacement}) | (1 << $bit{no_zwj}) | (1 << $bit{no_cr});
my $all_lanes = 1 | 1 << 16 | 1 << 32 | 1 << 48;
my $ill_formed = class_id($no_flags, $all_lanes, $no_flags, $all_lanes, 3, $break_kind{other});

my $clean = $no_flags | (1 << $bit{clean});
my %supplementary_class = map { $_ => class_id($clean, $all_lanes, $clean, $all_lanes, 4, $break_kind{$_}) }
    qw(other extend letter regional);
my $supplementary_noncharacter = class_id($no_flags, $all_lanes, $no_flags, $all_lanes, 4, $break_kind{other});

sub bmp_class {
  my ($c) = @_;
  return $ill_formed if $c >= 0xD800 && $c <= 0xDFFF;
  my ($mask, $lanes) = traits($c, 0);
  my ($mask_disputed, $lanes_disputed) = traits($c, 1);
  my $length = $c < 0x80 ? 1 : $c < 0x800 ? 2 : 3;
  return class_id($mask, $lanes, $mask_disputed, $lanes_disputed, $length, $break_kind{bmp_break($c)});
}

my (%block_of, @blocks, @block_index);
sub block_id {
  my (@cells) = @_;
  my $key = join ',', @cells;
  if (!exists $block_of{$key}) {
    $block_of{$key} = scalar @blocks;
    push @blocks, [@cells];
  }
  return $block_of{$key};
}
my $ill_formed_block = block_id(($ill_formed) x 128);
for my $p (0 .. 511) { $block_index[$p] = block_id(map { bmp_class($p * 128 + $_) } 0 .. 127); }
die "too many classes\n" if @class > 255;

# Classes that escape in the Indic tables come last: then a comparison tells them, sixteen at a time.
my $indic_lane = 1 << 48;
my @order = ((grep { !($class[$_][1] & $indic_lane) } 0 .. $#class), (grep { $class[$_][1] & $indic_lane } 0 .. $#class));
my @renumbered;
@renumbered[@order] = 0 .. $#class;
@class = @class[@order];
my $first_indic_escape = grep { !($_->[1] & $indic_lane) } @class;
$_ = $renumbered[$_] for $ill_formed, $supplementary_noncharacter, values %supplementary_class;
$_ = [@renumbered[@$_]] for @blocks;
sub final_class { my ($c) = @_; return $renumbered[bmp_class($c)]; }
die "too many blocks\n" if @blocks > 255;

# ---- encoding blocks: candidate x code point -> the octets to write --------------------------------------

my $NONE = 0xFFFF;
my (%pool_of, @pool, @slot_of, @directory);
sub pool_id {
  my (@cells) = @_;
  my $key = join ',', @cells;
  if (!exists $pool_of{$key}) {
    $pool_of{$key} = scalar @pool;
    push @pool, [@cells];
  }
  return $pool_of{$key};
}
pool_id(($NONE) x 128);
my %used_block;
for my $n (0 .. $languages) { $used_block{$_ >> 7} = 1 for values %{$main[$n]}, values %{$ext[$n]}; }
my $slots = 1;
for my $p (0 .. 511) { $slot_of[$p] = $used_block{$p} ? $slots++ : 0; }
for my $k (0 .. $candidates - 1) {
  my ($m, $e, $exists) = @{$candidate[$k]};
  $directory[$k][0] = 0;
  for my $p (sort { $a <=> $b } keys %used_block) {
    my @cells;
    for my $c ($p * 128 .. $p * 128 + 127) {
      my $cell = $NONE;
      if ($exists) {
        my $plain = $main_septet[1][$m]{$c};
        my $escaped = $ext_septet[1][$e]{$c};
        $cell = defined $plain ? $plain | 0x8000 : defined $escaped ? $ESC | $escaped << 8 : $NONE;
      }
      push @cells, $cell;
    }
    $directory[$k][$slot_of[$p]] = pool_id(@cells);
  }
}
die "too many encoding blocks\n" if @pool > 255;

# ---- output --------------------------------------------------------------------------------------------

sub rows {
  my ($format, $per_line, @values) = @_;
  my $text = '';
  while (my @line = splice(@values, 0, $per_line)) {
    $text .= '    ' . join(', ', map { sprintf($format, $_) } @line) . ",\n";
  }
  return $text;
}
sub char_table {
  my ($table) = @_;
  return rows('0x%04X', 12, map { $table->{$_} // 0xFFFF } 0 .. 127);
}
sub write_file {
  my ($name, $text) = @_;
  open(my $out, '>:raw', "$out_dir/$name") or die "$out_dir/$name: $!\n";
  print $out $text;
  close $out or die "$out_dir/$name: $!\n";
}

my $head = "// Generated by tools/text_tables.pl from tests/data/charset; do not edit.\n#pragma once\n\n";
my $names = join ', ', ('default', @language);

my $decode = $head . "#include <array>\n#include <cstdint>\n\nnamespace anchal::smpp::tables {\n\n"
    . "// Septet to code point, 0xFFFF where nothing is assigned. Index: national language identifier, 0 the default\n"
    . "// ($names).\n"
    . "using SeptetTable = std::array<char16_t, 128>;\n";
my $count = $languages + 1;
$decode .= "inline constexpr std::array<SeptetTable, $count> kMainTable = {{\n";
$decode .= "    // $_: " . ($_ ? $language[$_ - 1] . ($has_locking[$_] ? '' : ', has no locking table') : 'default') . "\n    {{\n"
    . char_table($main[$_]) . "    }},\n" for 0 .. $languages;
$decode .= "}};\n\ninline constexpr std::array<SeptetTable, $count> kExtensionTable = {{\n";
$decode .= "    // $_: " . ($_ ? $language[$_ - 1] : 'default') . "\n    {{\n" . char_table($ext[$_]) . "    }},\n"
    for 0 .. $languages;
$decode .= "}};\n\n}  // namespace anchal::smpp::tables\n";
write_file('septet_tables.h', $decode);

my $classes = scalar @class;
my $text = $head . "#include <array>\n#include <cstdint>\n\nnamespace anchal::smpp::tables {\n\n";
$text .= "// Candidate encodings: 0 the default tables, n single:n, 13+n locking:n, 26+n both, n the language.\n"
    . "inline constexpr int kCandidateCount = $candidates;\n\n// Bits of ClassTraits::encodable above the candidates'.\n";
$text .= "inline constexpr int kBit_$_ = $bit{$_};\n" for sort { $bit{$a} <=> $bit{$b} } keys %bit;
$text .= <<"END";

enum class BreakKind : std::uint8_t { @{[join ', ', @break_kind]} };
inline constexpr int kClassCount = $classes;
inline constexpr std::uint8_t kIllFormedClass = $ill_formed;
// From here on a class escapes in every Indic locking table.
inline constexpr std::uint8_t kFirstIndicEscapeClass = $first_indic_escape;
END
$text .= sprintf("inline constexpr std::uint8_t kSupplementary%sClass = %d;\n", ucfirst $_, $supplementary_class{$_})
    for sort keys %supplementary_class;
$text .= "inline constexpr std::uint8_t kSupplementaryNoncharacterClass = $supplementary_noncharacter;\n";
die "disputed septets differ in cost\n" if grep { $_->[1] != $_->[3] } @class;
$text .= "\n// What the code points of a class have in common: who can encode them (a text's encodability is the AND of its\n"
    . "// classes'), and the escapes one of them takes (16-bit lanes: default and single, turkish, portuguese, Indic\n"
    . "// locking tables). [0] without, [1] with the disputed septets.\n"
    . "struct ClassTraits {\n  std::array<std::uint64_t, $classes> encodable;\n"
    . "  std::array<std::uint64_t, $classes> escapes;\n};\n"
    . "inline constexpr std::array<ClassTraits, 2> kClassTraits = {{\n";
for my $disputed (0, 1) {
  $text .= "    {{\n" . rows('0x%016X', 5, map { $_->[2 * $disputed] } @class) . "    }, {\n"
      . rows('0x%016X', 5, map { $_->[1] } @class) . "    }},\n";
}
$text .= "}};\n";
$text .= "\n// Octets of the class's code points in UTF-8.\n"
    . "inline constexpr std::array<std::uint8_t, $classes> kClassLength = {\n" . rows('%d', 32, map { $_->[4] } @class) . "};\n"
    . "inline constexpr std::array<BreakKind, $classes> kClassBreak = {\n"
    . rows('BreakKind::%s', 6, map { $break_kind[$_->[5]] } @class) . "};\n\n";
my $block_count = scalar @blocks;
$text .= "// Class of a BMP code point c: kClassBlock[kBlockOfThree[c >> 7]][c & 127]. Two block indexes: by UTF-8 length,\n"
    . "// so that an overlong form finds a block of ill-formed code points.\n"
    . "using ClassBlock = std::array<std::uint8_t, 128>;\n"
    . "inline constexpr std::array<std::uint8_t, 16> kBlockOfTwo = {\n"
    . rows('%d', 24, $ill_formed_block, @block_index[1 .. 15]) . "};\n"
    . "inline constexpr std::array<std::uint8_t, 512> kBlockOfThree = {\n"
    . rows('%d', 24, (($ill_formed_block) x 16), @block_index[16 .. 511]) . "};\n"
    . "inline constexpr ClassBlock kAsciiClass = {\n"
    . rows('%d', 24, (map { final_class($_) } 0 .. 127)) . "};\n"
    . "inline constexpr std::array<ClassBlock, $block_count> kClassBlock = {{\n";
$text .= "    {{\n" . rows('%d', 24, @$_) . "    }},\n" for @blocks;
$text .= "}};\n\n// Supplementary code points that are not plain: sorted, disjoint.\n"
    . "struct SupplementaryRange {\n  char32_t first;\n  char32_t last;\n  std::uint8_t class_id;\n};\n";
push @supplementary, [0x1F3FB, 0x1F3FF, 'extend'], [0xE0020, 0xE007F, 'extend'], [0x1F1E6, 0x1F1FF, 'regional'];
@supplementary = sort { $a->[0] <=> $b->[0] } @supplementary;
my $ranges = scalar @supplementary;
$text .= "inline constexpr std::array<SupplementaryRange, $ranges> kSupplementaryRanges = {{\n";
$text .= sprintf("    {0x%X, 0x%X, %d},\n", $_->[0], $_->[1], $supplementary_class{$_->[2]}) for @supplementary;
$text .= "}};\n\n// What stands for a code point of first..last: `text`, or the code point `delta` lower.\n"
    . "struct Replacement {\n  char16_t first;\n  char16_t last;\n  char16_t delta;\n  std::uint8_t length;\n  char text[4];\n};\n";
@replacement = sort { $a->[0] <=> $b->[0] } @replacement;
my $replacements = scalar @replacement;
$text .= "inline constexpr std::array<Replacement, $replacements> kReplacements = {{\n";
for my $r (@replacement) {
  my $quoted = $r->[2] // '';
  $quoted =~ s/"/\\"/g;
  $quoted =~ s/\n/\\n/g;
  $text .= sprintf("    {0x%04X, 0x%04X, 0x%04X, %d, \"%s\"},\n", $r->[0], $r->[1], $r->[3], length($r->[2] // 'x'), $quoted);
}
$text .= "}};\n\n}  // namespace anchal::smpp::tables\n";
write_file('class_tables.h', $text);

my $pool = scalar @pool;
my $encode = $head . "#include <array>\n#include <cstdint>\n\nnamespace anchal::smpp::tables {\n\n"
    . "// Septet of a BMP code point c for candidate k: kSeptetBlock[kBlockDirectory[k][kSlotOfBlock[c >> 7]]][c & 127].\n"
    . "// Low octet and high octet are what is written; with the top bit set the low one alone. kNoSeptet where the\n"
    . "// candidate lacks c.\n"
    . sprintf("inline constexpr std::uint16_t kNoSeptet = 0x%04X;\n", $NONE)
    . "using SeptetBlock = std::array<std::uint16_t, 128>;\n"
    . "inline constexpr std::array<std::uint8_t, 512> kSlotOfBlock = {\n" . rows('%d', 24, @slot_of) . "};\n"
    . "inline constexpr std::array<std::array<std::uint8_t, $slots>, $candidates> kBlockDirectory = {{\n";
$encode .= "    {{" . join(', ', @$_) . "}},\n" for @directory;
$encode .= "}};\ninline constexpr std::array<SeptetBlock, $pool> kSeptetBlock = {{\n";
$encode .= "    {{\n" . rows('0x%04X', 12, @$_) . "    }},\n" for @pool;
$encode .= "}};\n\n}  // namespace anchal::smpp::tables\n";
write_file('encode_tables.h', $encode);
sub grid {
  my ($encoding) = @_;
  my @cells;
  for my $row (0x21 .. 0x7E) {
    for my $cell (0x21 .. 0x7E) {
      my $octets = chr($row) . chr($cell);
      my $text = eval { Encode::decode($encoding, $octets, Encode::FB_CROAK()) };
      push @cells, defined $text && length $text == 1 && ord($text) < 0xFFFD ? ord $text : 0;
    }
  }
  return rows('0x%04X', 12, @cells);
}
my %grid = (kJisX0208 => 'jis0208-raw', kJisX0212 => 'jis0212-raw', kKsX1001 => 'ksc5601-raw');
my $grids = $head . "#include <array>\n\nnamespace anchal::smpp::tables {\n\n"
    . "// 94 rows of 94 cells each, from row and cell 0x21; 0 where nothing is assigned.\n"
    . "using Grid = std::array<char16_t, 94 * 94>;\n";
$grids .= "inline constexpr Grid $_ = {\n" . grid($grid{$_}) . "};\n" for sort keys %grid;
$grids .= "\n}  // namespace anchal::smpp::tables\n";
write_file('east_asian_tables.h', $grids);

printf STDERR "%d classes, %d class blocks, %d encoding blocks\n", $classes, $block_count, $pool;
