#include "host/context.h"

#include <boost/filesystem/operations.hpp>

namespace vix::host {

boost::filesystem::path Context::resolve(std::string_view path) const {
    return boost::filesystem::absolute(settings().path_map.resolve(path), working_folder());
}

}  // namespace vix::host
