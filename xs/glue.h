// Between Perl values and the façade's: the one place that sees both.
//
// The rule for all of it: croak() is a longjmp that skips destructors. So arguments are turned into
// plain values first, while nothing with a destructor exists and a tied or overloaded one may still
// die; after the call into the façade only values are made, which fails in no other way than by
// ending the process.
//
// The rule for text: what crosses is bytes, and they are UTF-8. A string that carries Perl's UTF-8
// flag gives its characters' UTF-8; one without gives its bytes as they stand. On the way back the
// flag is set only where it says something: on valid UTF-8 beyond ASCII.
#pragma once

// Before perl.h, whose macros break the standard headers.
#include "api/simple.h"

// In this order, which is not that of the alphabet.
// clang-format off
#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"
// clang-format on

// The types that xs/typemap converts arguments to.
typedef int vix_integer;
struct vix_text {
    const char* data;
    std::size_t size;

    operator std::string_view() const noexcept { return {data, size}; }
};

// A number that no int holds becomes the nearest that one does, which is no handle and no valid
// argument; cutting its upper half off could hit either.
static inline int vix_integer_argument(pTHX_ SV* value) {
    const IV number = SvIV(value);
    if (SvIsUV(value) || number > INT_MAX) return INT_MAX;
    return number < INT_MIN ? INT_MIN : static_cast<int>(number);
}

// The text is a copy, since converting the next argument may run Perl code that changes this one.
static inline vix_text vix_text_argument(pTHX_ SV* value) {
    SvGETMAGIC(value);
    if (!SvOK(value)) return vix_text{"", 0};
    STRLEN size;
    const char* bytes = SvPV_nomg(value, size);
    SV* copy = sv_2mortal(newSVpvn(bytes, size));
    return vix_text{SvPVX(copy), size};
}

// Those arguments of an XSUB from the given one on, in memory that Perl frees. They are fetched one
// by one from the stack, which may move when a conversion runs Perl code.
static inline const int* vix_integer_arguments(pTHX_ SSize_t ax, SSize_t from, SSize_t items) {
    SV* buffer = sv_2mortal(newSV(static_cast<STRLEN>(items) * sizeof(int)));
    int* numbers = reinterpret_cast<int*>(SvPVX(buffer));
    for (SSize_t i = from; i < items; ++i) numbers[i - from] = vix_integer_argument(aTHX_ ST(i));
    return numbers;
}

static inline bool vix_is_ascii(const std::string& text) {
    for (const char byte : text) {
        if ((byte & 0x80) != 0) return false;
    }
    return true;
}

static inline SV* vix_text_value(pTHX_ const std::string& text) {
    SV* value = newSVpvn(text.data(), text.size());
    const U8* bytes = reinterpret_cast<const U8*>(SvPVX(value));
    if (!vix_is_ascii(text) && is_utf8_string(bytes, text.size())) SvUTF8_on(value);
    return value;
}

static inline SV* vix_property_value(pTHX_ const vix::api::PropertyValue& value) {
    if (const auto* found = std::get_if<std::string>(&value)) {
        const std::string& text = *found;
        return vix_text_value(aTHX_ text);
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return newSViv(static_cast<IV>(*number));
    }
    if (const auto* truth = std::get_if<bool>(&value)) return newSViv(*truth ? 1 : 0);
    return newSV(0);
}

// Results take the places of the arguments on the stack; a call that answers with more values than it
// has arguments makes room first. An XSUB ends with XSRETURN of what these give.

// ($err, $handle)
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::HandleResult& result) {
    ST(0) = sv_2mortal(newSViv(result.error));
    ST(1) = sv_2mortal(newSViv(result.handle));
    return 2;
}

// ($err, $count)
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::CountResult& result) {
    ST(0) = sv_2mortal(newSViv(result.error));
    ST(1) = sv_2mortal(newSViv(result.count));
    return 2;
}

// ($err, @values)
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::PropertiesResult& result) {
    int count = 0;
    ST(count++) = sv_2mortal(newSViv(result.error));
    for (const auto& value : result.values) {
        ST(count++) = sv_2mortal(vix_property_value(aTHX_ value));
    }
    return count;
}
