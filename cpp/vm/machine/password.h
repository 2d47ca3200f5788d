// Checks the password of an encrypted virtual machine against the key safe in its .vmx. Nothing but
// the key is decrypted, and the key is not kept.
#pragma once

#include <string>

#include "vm/machine/config.h"

namespace vix::vm {

// Does nothing for a machine that is not encrypted. `password` is UTF-8. Throws
// - VIX_E_NEED_KEY: the password is empty, or no password unlocks the machine, as with a key
// server;
// - VIX_E_AUTHENTICATION_FAIL: it is wrong;
// - VIX_E_CRYPTO_BAD_FORMAT, VIX_E_CRYPTO_UNKNOWN_ALGORITHM: the key safe cannot be read;
// - VIX_E_CRYPTO_NO_CRYPTO, VIX_E_CRYPTO_ERROR: see io/crypto/crypto.h.
void check_password(const Config& machine, const std::string& password);

}  // namespace vix::vm
