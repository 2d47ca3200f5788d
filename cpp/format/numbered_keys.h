// Keys that come in numbered groups, as in `sharedFolder0.guestName` or `index3.id`: group 3 of
// "index" has the key "id". What the groups mean is left to others.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "format/dictionary.h"

namespace vix::format {

// The keys of one group, without prefix and number, in lower case.
using KeyGroup = std::map<std::string, Dictionary::Entry>;

// All groups of the prefix by number. Names are compared without regard to case.
std::map<std::size_t, KeyGroup> key_groups(const Dictionary& dictionary, std::string_view prefix);

std::string numbered_key(std::string_view prefix, std::size_t number, std::string_view rest);

// The group vanishes, and those behind it move down by one, each value to the line of its
// predecessor.
void remove_key_group(Dictionary& dictionary, std::string_view prefix, std::size_t number);

}  // namespace vix::format
