// Keys in numbered groups, as in `sharedFolder0.guestName` or `index3.id`: group 3 of "index" has
// the key "id". The meaning of the groups is left to the callers.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "format/dictionary.h"

namespace vix::format {

// The keys of one group, in lower case, without prefix and number.
using KeyGroup = std::map<std::string, Dictionary::Entry>;

// All groups of the prefix, by number. Names are compared ignoring case.
std::map<std::size_t, KeyGroup> key_groups(const Dictionary& dictionary, std::string_view prefix);

std::string numbered_key(std::string_view prefix, std::size_t number, std::string_view rest);

// Removes a group and moves the following ones down by one, each value to its predecessor's line. A
// gap in the numbers ends the move.
void remove_key_group(Dictionary& dictionary, std::string_view prefix, std::size_t number);

}  // namespace vix::format
