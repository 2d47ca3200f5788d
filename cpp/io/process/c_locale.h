// While an object exists, the calling thread has the locale "C". Every worker has one, for two
// reasons: it and the libraries that it calls write English and one form of numbers, and a lookup
// of a translation reads neither the process's locale nor the variable LANGUAGE, both of which the
// script may change meanwhile.
#pragma once

#include <locale.h>

namespace vix::io {

class CLocale {
  public:
    CLocale() : before_{uselocale(newlocale(LC_ALL_MASK, "C", nullptr))} {}
    ~CLocale() { uselocale(before_); }
    CLocale(const CLocale&) = delete;
    CLocale& operator=(const CLocale&) = delete;

  private:
    locale_t before_;
};

}  // namespace vix::io
