// Makes "C" the locale of the calling thread for as long as it stands. The threads of jobs have it:
// what they and the libraries that they call write is in English and in one form of numbers, and
// looking for a translation reads neither the process's locale nor the variable LANGUAGE, both of
// which the script may change meanwhile.
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
