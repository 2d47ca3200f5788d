// Debian compiles the static libraries of Boost and libpng for programs: their code reaches
// variables of other libraries by their distance, which a shared library cannot offer for what is
// not its own. There are four such variables, and these are the library's own.
#include <cstdio>
#include <cstring>
#include <locale>

#define VIX_FACET_ID(prefix) #prefix "_ZNSt7codecvtIwc11__mbstate_tE2idE"

#pragma GCC visibility push(hidden)

extern "C" {

// The linker gives each use of stderr in the library to this one (--wrap=stderr).
extern std::FILE* __wrap_stderr;
extern std::FILE* __real_stderr __attribute__((visibility("default")));
std::FILE* __wrap_stderr = nullptr;

// std::codecvt<wchar_t, char, mbstate_t>::id, the number by which a locale finds this facet. The
// C++ library gives it out when it makes its first locale; this one gets the same. Boost 1.83 and
// later use it. (Also --wrap.)
extern const std::locale::id vix_facet_id asm(VIX_FACET_ID(__real_))
    __attribute__((visibility("default")));
alignas(std::locale::id) unsigned char vix_own_facet_id[sizeof(std::locale::id)] asm(
    VIX_FACET_ID(__wrap_)) = {};

// Before the other constructors of the library.
__attribute__((constructor(101))) static void vix_set_variables() {
    __wrap_stderr = __real_stderr;
    static_cast<void>(std::locale::classic());
    std::memcpy(vix_own_facet_id, &vix_facet_id, sizeof vix_own_facet_id);
}

// std::nothrow, a value without content.
extern const char vix_nothrow asm("_ZSt7nothrow");
const char vix_nothrow = 0;

// The type information of std::error_category. Two of one type are the same by their names.
extern const char vix_class_type_info[] asm("_ZTVN10__cxxabiv117__class_type_infoE")
    __attribute__((visibility("default")));
struct ClassTypeInfo {
    const void* table;
    const char* name;
};
extern const ClassTypeInfo vix_error_category asm("_ZTINSt3_V214error_categoryE");
const ClassTypeInfo vix_error_category = {vix_class_type_info + 2 * sizeof(void*),
                                          "NSt3_V214error_categoryE"};

}  // extern "C"

#pragma GCC visibility pop
