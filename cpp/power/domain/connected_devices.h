// Connects and disconnects the devices of a running machine that can be plugged: network cards, CD
// drives and floppy drives. Pure: changes only a copy of the machine's description.
#pragma once

#include <string>
#include <vector>

#include "power/domain/domain.h"

namespace vix::power {

enum class Plug { In, Out };

// Whether the card's network exists: a card without one never gets a link.
enum class Wired { Yes, No };

// libvirt's names of a drive ("ide1:0") and of a card ("ethernet0"), by which a running machine's
// devices are found again.
std::string drive_alias(const std::string& node);
std::string card_alias(const std::string& card, Wired wired);

// The device ("ethernet0", "ide1:0", "floppy0" in any case) as elements for libvirt's updates of a
// device, one after the other, that connect or disconnect it; none if it is so already.
// `description` is libvirt's of the machine as it runs. Connecting gives a card its link, and a
// drive its medium of `machine`. Of `context` only the socket and the host's drives are used.
// Errors: VIX_E_OBJECT_NOT_FOUND if the machine runs without such a device; VIX_E_NOT_SUPPORTED for
// a device that cannot be plugged, and for connecting one that has no network or medium.
std::vector<std::string> plugged_device(const std::string& description, const vm::Config& machine,
                                        const std::string& device, Plug plug,
                                        const DomainContext& context);

}  // namespace vix::power
