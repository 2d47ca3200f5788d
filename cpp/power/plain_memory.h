// A guest's memory as forensic programs read it: a file in which each byte lies at its physical
// address.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>

namespace vix::power {

// Writes the new file from a dump by QEMU; unsynced. `memory`: the bytes that the guest has. On a
// PC the part that does not fit below the devices' addresses is at 4 GiB; between them the file has
// a hole. Memory of devices is left out. Only the user may read the file, since a guest's memory
// holds its secrets.
void write_plain_memory(const boost::filesystem::path& dump, const boost::filesystem::path& file,
                        std::uint64_t memory);

}  // namespace vix::power
