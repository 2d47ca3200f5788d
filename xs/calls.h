// The calls of the table as Perl subs, in two forms: the simple form waits, the low-level form
// returns a job's handle at once.
//
// While a call waits, signal handlers, callbacks and the progress hook may run, and each of them
// may leave by a longjmp. So no object with a destructor exists in a frame that waits. Cleanup is
// registered on Perl's own save stack instead.
#pragma once

#include "events.h"
#include "glue.h"

// The longest delay before a signal handler runs.
static const int VIX_SLICE_MS = 20;

static void vix_abandon_job(pTHX_ void* job) {
    vix::api::job_abandon(static_cast<int>(PTR2IV(job)));
}

// Waits in slices, and lets Perl handle pending signals and events between them. `hook`: call the
// progress hook for this job. True if the job ended in time; a negative time has no limit.
static bool vix_wait(pTHX_ int job, double seconds, bool hook) {
    using clock = std::chrono::steady_clock;
    const clock::time_point begin = clock::now();
    int percent = -1;
    for (;;) {
        int slice = VIX_SLICE_MS;
        if (seconds >= 0) {
            const std::chrono::duration<double> gone = clock::now() - begin;
            const double left = (seconds - gone.count()) * 1000;
            if (left < slice) slice = left > 0 ? static_cast<int>(left) + 1 : 0;
        }
        const bool ended = vix::api::job_wait(job, slice);
        PERL_ASYNC_CHECK();
        if (hook) vix_report_progress(aTHX_ job, &percent);
        vix_deliver_events(aTHX);
        if (ended) return true;
        if (slice == 0) return false;
    }
}

static const vix::api::Argument* vix_call_arguments(pTHX_ SSize_t ax,
                                                    const vix::api::CallDescription& call) {
    SV* buffer = sv_2mortal(newSV((call.argument_count + 1) * sizeof(vix::api::Argument)));
    auto* arguments = reinterpret_cast<vix::api::Argument*>(SvPVX(buffer));
    for (std::size_t i = 0; i < call.argument_count; ++i) {
        arguments[i] = {0, {}};
        switch (call.argument_kinds[i]) {
            case vix::api::ArgumentKind::Integer:
                arguments[i].number = vix_integer_argument(aTHX_ ST(i));
                break;
            case vix::api::ArgumentKind::Integer64: {
                SV* value = ST(i);
                const IV number = SvIV(value);
                arguments[i].number = SvIsUV(value) ? IV_MAX : number;
                break;
            }
            case vix::api::ArgumentKind::Text:
                arguments[i].text = vix_text_argument(aTHX_ ST(i));
                break;
        }
    }
    return arguments;
}

static int vix_set_hash(pTHX_ SSize_t ax, int at, const vix::api::CallDescription& call,
                        const std::vector<vix::api::PropertyValue>& row) {
    vix_make_room(aTHX_ ax, at + 2 * row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        ST(at++) = sv_2mortal(newSVpv(call.fields[i].key, 0));
        ST(at++) = sv_2mortal(vix_property_value(aTHX_ row[i]));
    }
    return at;
}

static SV* vix_hash_value(pTHX_ const vix::api::CallDescription& call,
                          const std::vector<vix::api::PropertyValue>& row) {
    HV* hash = newHV();
    for (std::size_t i = 0; i < row.size(); ++i) {
        const char* key = call.fields[i].key;
        (void)hv_store(hash, key, static_cast<I32>(strlen(key)), vix_property_value(aTHX_ row[i]),
                       0);
    }
    return newRV_noinc(reinterpret_cast<SV*>(hash));
}

// Sets the error code, then values in the call's shape. Returns their number.
static int vix_set_simple_results(pTHX_ SSize_t ax, std::size_t index, int job) {
    using vix::api::Shape;
    const vix::api::CallDescription& call = vix::api::call_description(index);
    const vix::api::SimpleResult result = vix::api::simple_result(index, job);
    vix_make_room(aTHX_ ax, 1);
    ST(0) = sv_2mortal(newSViv(result.error));
    int count = 1;
    for (const auto& row : result.rows) {
        if (call.shape == Shape::Hash) {
            count = vix_set_hash(aTHX_ ax, count, call, row);
        } else if (call.shape == Shape::HashList) {
            vix_make_room(aTHX_ ax, count + 1);
            ST(count++) = sv_2mortal(vix_hash_value(aTHX_ call, row));
        } else {
            vix_make_room(aTHX_ ax, count + row.size());
            for (const auto& value : row) ST(count++) = sv_2mortal(vix_property_value(aTHX_ value));
        }
    }
    return count;
}

static void vix_simple_call(pTHX_ CV* cv) {
    dXSARGS;
    const std::size_t index = static_cast<std::size_t>(XSANY.any_i32);
    const vix::api::CallDescription& call = vix::api::call_description(index);
    if (static_cast<std::size_t>(items) != call.argument_count) {
        croak_xs_usage(cv, call.argument_names);
    }
    const vix::api::Argument* arguments = vix_call_arguments(aTHX_ ax, call);
    sigset_t before;
    vix_block_signals(&before);
    const int job = vix::api::start_call(index, arguments, vix::api::Events::Drop);
    ENTER;
    SAVEDESTRUCTOR_X(vix_abandon_job, INT2PTR(void*, static_cast<IV>(job)));
    vix_unblock_signals(&before);
    vix_wait(aTHX_ job, -1, true);
    const int count = vix_set_simple_results(aTHX_ ax, index, job);
    LEAVE;
    XSRETURN(count);
}

static void vix_low_level_call(pTHX_ CV* cv) {
    dXSARGS;
    const std::size_t index = static_cast<std::size_t>(XSANY.any_i32);
    const vix::api::CallDescription& call = vix::api::call_description(index);
    const SSize_t wanted = static_cast<SSize_t>(call.argument_count);
    if (items < wanted || items > wanted + 2) {
        SV* usage = sv_2mortal(newSVpvf("%s, callback, clientData", call.argument_names));
        croak_xs_usage(cv, SvPV_nolen(usage));
    }
    const vix::api::Argument* arguments = vix_call_arguments(aTHX_ ax, call);
    SV* callback = items > wanted ? vix_callback_argument(aTHX_ ST(wanted)) : NULL;
    SV* data = items > wanted + 1 ? sv_2mortal(newSVsv(ST(wanted + 1))) : &PL_sv_undef;
    sigset_t before;
    vix_block_signals(&before);
    const int job = vix::api::start_call(
        index, arguments, callback ? vix::api::Events::Keep : vix::api::Events::Drop);
    if (callback && job) vix_remember_callback(aTHX_ job, callback, data);
    vix_unblock_signals(&before);
    vix_make_room(aTHX_ ax, 1);
    ST(0) = sv_2mortal(newSViv(job));
    XSRETURN(1);
}

// Sets ($err, @values) of a job that has ended.
static int vix_set_job_results(pTHX_ SSize_t ax, int job, const int* ids, SSize_t id_count) {
    const vix::api::PropertiesResult result =
        vix::api::job_result(job, ids, static_cast<std::size_t>(id_count));
    return vix_set_results(aTHX_ ax, result);
}

// Sets ($complete, $err, $seconds).
static int vix_wait_timeout(pTHX_ SSize_t ax, int job, double seconds) {
    const auto begin = std::chrono::steady_clock::now();
    const bool complete = vix_wait(aTHX_ job, seconds > 0 ? seconds : 0, false);
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - begin;
    vix_make_room(aTHX_ ax, 3);
    ST(0) = sv_2mortal(newSViv(complete ? 1 : 0));
    ST(1) = sv_2mortal(newSViv(complete ? vix::api::job_error(job) : 0));
    ST(2) = sv_2mortal(newSVnv(waited.count()));
    return 3;
}

static void vix_define_sub(pTHX_ const char* full_name, XSUBADDR_t function, std::size_t index) {
    CV* sub = newXS(full_name, function, __FILE__);
    CvXSUBANY(sub).any_i32 = static_cast<I32>(index);
}

static void vix_define_call(pTHX_ const char* package, const char* name, XSUBADDR_t function,
                            std::size_t index) {
    SV* full_name = sv_2mortal(newSVpvf("VMware::Vix::%s::%s", package, name));
    vix_define_sub(aTHX_ SvPV_nolen(full_name), function, index);
}

static void vix_define_calls(pTHX) {
    for (std::size_t i = 0; i < vix::api::call_count(); ++i) {
        const vix::api::CallDescription& call = vix::api::call_description(i);
        if (call.simple_name && strchr(call.simple_name, ':')) {
            SV* full_name = sv_2mortal(newSVpvf("VMware::Vix::%s", call.simple_name));
            vix_define_sub(aTHX_ SvPV_nolen(full_name), vix_simple_call, i);
        } else if (call.simple_name) {
            vix_define_call(aTHX_ "Simple", call.simple_name, vix_simple_call, i);
        }
        if (call.name) {
            SV* package = sv_2mortal(newSVpvf("API::%s", call.package));
            vix_define_call(aTHX_ SvPV_nolen(package), call.name, vix_low_level_call, i);
        }
    }
}
