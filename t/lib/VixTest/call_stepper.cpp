// Steps a process from one system call on files to the next, and interferes with one of them.
//
//   call_stepper --filter write|all      prints the seccomp filter that stops a process at these calls
//   call_stepper --names                 prints the calls it knows
//   call_stepper PID GO OUT AT ACTION NAME,... [JOURNAL]
//
// PID waits until a byte comes through the descriptor GO, then installs the filter. ACTION applies
// to call number AT (from 0, counted over all threads, only calls with a NAME): `kill`; `short`,
// which halves the number of bytes to transfer; or the number of an error, with which the call
// fails without being made. OUT gets the result: "calls N", then "at NAME PATH" and "end
// exit|signal NUMBER". A JOURNAL gets each call that changed something, with its bytes, for
// VixTest::PowerLoss.
#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#ifndef __x86_64__
#error "call_stepper knows the registers of x86-64 only"
#endif

namespace {

// The kinds of arguments: o flags of open, f descriptor, d folder descriptor, p path, b buffer, n
// its length (which `short` halves), t offset or size, . anything else.
struct Call {
    long number;
    const char* name;
    const char* arguments;
    bool writes;
};

constexpr Call kCalls[] = {
    {SYS_open, "open", "po.", false},
    {SYS_openat, "openat", "dpo.", false},
    {SYS_creat, "creat", "p.", true},
    {SYS_write, "write", "fbn", true},
    {SYS_writev, "writev", "f..", true},
    {SYS_pwrite64, "pwrite64", "fbnt", true},
    {SYS_pwritev, "pwritev", "f..t", true},
    {SYS_copy_file_range, "copy_file_range", "f.f.n", true},
    {SYS_sendfile, "sendfile", "ff.n", true},
    {SYS_sendto, "sendto", "fbn", true},
    {SYS_ioctl, "ioctl", "f..", true},
    {SYS_ftruncate, "ftruncate", "ft", true},
    {SYS_truncate, "truncate", "pt", true},
    {SYS_fallocate, "fallocate", "f.tt", true},
    {SYS_fsync, "fsync", "f", true},
    {SYS_fdatasync, "fdatasync", "f", true},
    {SYS_syncfs, "syncfs", "f", true},
    {SYS_sync_file_range, "sync_file_range", "f", true},
    {SYS_rename, "rename", "pp", true},
    {SYS_renameat, "renameat", "dpdp", true},
    {SYS_renameat2, "renameat2", "dpdp.", true},
    {SYS_link, "link", "pp", true},
    {SYS_linkat, "linkat", "dpdp.", true},
    {SYS_symlink, "symlink", "pp", true},
    {SYS_symlinkat, "symlinkat", "pdp", true},
    {SYS_unlink, "unlink", "p", true},
    {SYS_unlinkat, "unlinkat", "dp.", true},
    {SYS_mkdir, "mkdir", "p.", true},
    {SYS_mkdirat, "mkdirat", "dp.", true},
    {SYS_rmdir, "rmdir", "p", true},
    {SYS_chmod, "chmod", "p.", true},
    {SYS_fchmod, "fchmod", "f.", true},
    {SYS_fchmodat, "fchmodat", "dp.", true},
    {SYS_fchown, "fchown", "f..", true},
    {SYS_utimensat, "utimensat", "dp..", true},
    {SYS_read, "read", "fbn", false},
    {SYS_pread64, "pread64", "fbnt", false},
    {SYS_fstat, "fstat", "f.", false},
    {SYS_stat, "stat", "p.", false},
    {SYS_lstat, "lstat", "p.", false},
    {SYS_newfstatat, "newfstatat", "dp..", false},
    {SYS_statx, "statx", "dp...", false},
    {SYS_lseek, "lseek", "f..", false},
    {SYS_getdents64, "getdents64", "f..", false},
    {SYS_readlink, "readlink", "p..", false},
    {SYS_readlinkat, "readlinkat", "dp..", false},
    {SYS_access, "access", "p.", false},
    {SYS_faccessat, "faccessat", "dp..", false},
    {SYS_faccessat2, "faccessat2", "dp...", false},
    {SYS_fstatfs, "fstatfs", "f.", false},
    {SYS_statfs, "statfs", "p.", false},
    {SYS_flock, "flock", "f.", false},
    {SYS_getcwd, "getcwd", "..", false},
    {SYS_clone3, "clone3", "..", false},
    {SYS_clone, "clone", "..", false},
};

const Call* call_of(long number) {
    for (const Call& call : kCalls) {
        if (call.number == number) return &call;
    }
    return nullptr;
}

// Numbers that the kernel does not have: they mark where counting begins and ends.
constexpr long kBegin = 1000;
constexpr long kEnd = 1001;

void die(const char* what) {
    std::fprintf(stderr, "call_stepper: %s: %s\n", what, std::strerror(errno));
    std::exit(2);
}

int write_filter(bool all) {
    const auto load = [](std::size_t offset) {
        return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    };
    const sock_filter trace = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    std::vector<sock_filter> filter{load(offsetof(seccomp_data, nr))};
    const auto trace_if = [&](long number) {
        filter.push_back(
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
        filter.push_back(trace);
    };
    for (const Call& call : kCalls) {
        const char* flags = std::strchr(call.arguments, 'o');
        if (all || call.writes) {
            trace_if(call.number);
        } else if (flags != nullptr) {
            const std::size_t index = static_cast<std::size_t>(flags - call.arguments);
            filter.push_back(
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0, 4));
            filter.push_back(load(offsetof(seccomp_data, args) + 8 * index));
            filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1));
            filter.push_back(trace);
            filter.push_back(load(offsetof(seccomp_data, nr)));
        }
    }
    trace_if(kBegin);
    trace_if(kEnd);
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    std::fwrite(filter.data(), sizeof filter[0], filter.size(), stdout);
    return 0;
}

std::uint64_t argument(const user_regs_struct& registers, std::size_t index) {
    const unsigned long long values[] = {registers.rdi, registers.rsi, registers.rdx,
                                         registers.r10, registers.r8,  registers.r9};
    return values[index];
}

std::string text_at(pid_t thread, std::uint64_t address) {
    std::string text;
    char byte = 0;
    for (; text.size() < 4096; text += byte, ++address) {
        const iovec own{&byte, 1};
        const iovec theirs{reinterpret_cast<void*>(address), 1};
        if (process_vm_readv(thread, &own, 1, &theirs, 1, 0) != 1 || byte == '\0') break;
    }
    return text;
}

std::string link_target(const std::string& link) {
    char target[4096];
    const ssize_t size = readlink(link.c_str(), target, sizeof target);
    return size < 0 ? std::string{} : std::string{target, static_cast<std::size_t>(size)};
}

std::string proc(pid_t thread, const std::string& what) {
    return "/proc/" + std::to_string(thread) + "/" + what;
}

std::string descriptor_link(pid_t thread, std::uint64_t descriptor) {
    return proc(thread, "fd/" + std::to_string(static_cast<int>(descriptor)));
}

std::string absolute(pid_t thread, std::uint64_t folder, const std::string& path) {
    if (!path.empty() && path[0] == '/') return path;
    const std::string from =
        link_target(static_cast<int>(folder) == AT_FDCWD ? proc(thread, "cwd")
                                                         : descriptor_link(thread, folder));
    return path.empty() ? from : from + "/" + path;
}

// The files of a call; a descriptor's by its present name.
std::vector<std::string> paths_of(pid_t thread, const Call& call, const user_regs_struct& regs) {
    std::vector<std::string> paths;
    std::uint64_t folder = static_cast<std::uint64_t>(AT_FDCWD);
    for (std::size_t i = 0; call.arguments[i] != '\0'; ++i) {
        const std::uint64_t value = argument(regs, i);
        if (call.arguments[i] == 'd') folder = value;
        if (call.arguments[i] == 'f') paths.push_back(link_target(descriptor_link(thread, value)));
        if (call.arguments[i] == 'p')
            paths.push_back(absolute(thread, folder, text_at(thread, value)));
    }
    return paths;
}

// Each record has a line "NAME RESULT INODE OFFSET COUNT SIZE ARGUMENT", a line for each path, an
// empty line, and SIZE bytes.
class Journal {
  public:
    explicit Journal(const char* path)
        : file_{path == nullptr ? nullptr : std::fopen(path, "wb")} {}

    explicit operator bool() const { return file_ != nullptr; }

    void begin(pid_t thread, const Call& call, const user_regs_struct& regs) {
        Record& record = open_[thread];
        record = Record{};
        record.call = &call;
        record.paths = paths_of(thread, call, regs);
        for (std::size_t i = 0; call.arguments[i] != '\0'; ++i) {
            const std::uint64_t value = argument(regs, i);
            if (call.arguments[i] == 'f' && record.inode == 0)
                record.inode = inode_of(thread, value);
            if (call.arguments[i] == 'n') record.count = value;
            if (call.arguments[i] == 't')
                (record.offset_known ? record.count : record.offset) = value;
            if (call.arguments[i] == 't') record.offset_known = true;
        }
        record.argument = argument(regs, call.number == SYS_renameat2 ? 4 : 1);
        if (call.number == SYS_write) {
            record.offset = position(thread, argument(regs, 0));
        }
        if (call.number == SYS_pwrite64 || call.number == SYS_write) {
            record.bytes = bytes_at(thread, argument(regs, 1), record.count);
        }
    }

    void end(pid_t thread, const user_regs_struct& regs) {
        const auto found = open_.find(thread);
        if (found == open_.end()) return;
        Record record = std::move(found->second);
        open_.erase(found);
        const long result = static_cast<long>(regs.rax);
        const bool opened = std::strchr(record.call->arguments, 'o') != nullptr;
        if (opened && result >= 0) {
            record.inode = inode_of(thread, static_cast<std::uint64_t>(result));
        }
        std::fprintf(file_, "%s %ld %llu %llu %llu %zu %llu\n", record.call->name, result,
                     record.inode, static_cast<unsigned long long>(record.offset),
                     static_cast<unsigned long long>(record.count), record.bytes.size(),
                     static_cast<unsigned long long>(record.argument));
        for (const std::string& path : record.paths) std::fprintf(file_, "%s\n", path.c_str());
        std::fputc('\n', file_);
        std::fwrite(record.bytes.data(), 1, record.bytes.size(), file_);
        std::fflush(file_);
    }

  private:
    struct Record {
        const Call* call = nullptr;
        std::vector<std::string> paths;
        unsigned long long inode = 0;
        std::uint64_t offset = 0;
        bool offset_known = false;
        std::uint64_t count = 0;
        std::uint64_t argument = 0;
        std::string bytes;
    };

    static unsigned long long inode_of(pid_t thread, std::uint64_t descriptor) {
        struct stat status {};
        return stat(descriptor_link(thread, descriptor).c_str(), &status) == 0 ? status.st_ino : 0;
    }

    static std::uint64_t position(pid_t thread, std::uint64_t descriptor) {
        unsigned long long offset = 0;
        const std::string info =
            proc(thread, "fdinfo/" + std::to_string(static_cast<int>(descriptor)));
        if (std::FILE* file = std::fopen(info.c_str(), "r")) {
            if (std::fscanf(file, "pos: %llu", &offset) != 1) offset = 0;
            std::fclose(file);
        }
        return offset;
    }

    static std::string bytes_at(pid_t thread, std::uint64_t address, std::size_t size) {
        std::string bytes(size, '\0');
        const iovec own{bytes.data(), size};
        const iovec theirs{reinterpret_cast<void*>(address), size};
        if (process_vm_readv(thread, &own, 1, &theirs, 1, 0) != static_cast<ssize_t>(size)) {
            die("reading what is written");
        }
        return bytes;
    }

    std::FILE* file_;
    std::map<pid_t, Record> open_;
};

class Stepper {
  public:
    Stepper(pid_t process, long at, const char* action, const char* names, const char* journal)
        : process_{process},
          at_{at},
          action_{action},
          names_{',' + std::string{names} + ','},
          journal_{journal} {}

    void run(int go) {
        const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                             PTRACE_O_TRACEVFORK | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
        if (ptrace(PTRACE_SEIZE, process_, 0, options) != 0) die("PTRACE_SEIZE");
        if (::write(go, "!", 1) != 1) die("letting the process go");
        int status = 0;
        for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
            if (WIFSTOPPED(status)) {
                step(thread, status);
            } else if (thread == process_) {
                status_ = status;
            }
        }
    }

    void report(const char* path) const {
        std::FILE* file = std::fopen(path, "w");
        if (file == nullptr) die(path);
        std::fprintf(file, "calls %ld\n", calls_);
        if (!reached_.empty()) std::fprintf(file, "at %s\n", reached_.c_str());
        std::fprintf(file, "end %s %d\n", WIFSIGNALED(status_) ? "signal" : "exit",
                     WIFSIGNALED(status_) ? WTERMSIG(status_) : WEXITSTATUS(status_));
        std::fclose(file);
    }

  private:
    void step(pid_t thread, int status) {
        const int event = status >> 16;
        if (event == PTRACE_EVENT_SECCOMP) return at_call(thread);
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) return after_call(thread);
        // After a group stop, or any other event of SEIZE, the thread continues; a signal is passed
        // on.
        const int signal = event != 0 ? 0 : WSTOPSIG(status);
        ptrace(PTRACE_CONT, thread, 0, signal);
    }

    void at_call(pid_t thread) {
        user_regs_struct regs{};
        if (ptrace(PTRACE_GETREGS, thread, 0, &regs) != 0) return;  // killed meanwhile
        const long number = static_cast<long>(regs.orig_rax);
        if (number == kBegin || number == kEnd) {
            counting_ = number == kBegin;
        } else if (counting_) {
            const Call* call = call_of(number);
            const bool counts =
                call != nullptr && names_.find(',' + std::string{call->name} + ',') != names_.npos;
            if (counts && concerns_files(thread, *call, regs)) {
                if (calls_++ == at_) return act(thread, *call, regs);
                if (journal_) {
                    journal_.begin(thread, *call, regs);
                    ptrace(PTRACE_SYSCALL, thread, 0, 0);
                    return;
                }
            }
        }
        ptrace(PTRACE_CONT, thread, 0, 0);
    }

    void after_call(pid_t thread) {
        user_regs_struct regs{};
        if (ptrace(PTRACE_GETREGS, thread, 0, &regs) == 0) journal_.end(thread, regs);
        ptrace(PTRACE_CONT, thread, 0, 0);
    }

    // Excludes pipes and sockets; the only ioctls that count are those that share blocks.
    static bool concerns_files(pid_t thread, const Call& call, const user_regs_struct& regs) {
        if (call.number == SYS_ioctl && regs.rsi != FICLONE && regs.rsi != FICLONERANGE)
            return false;
        if (call.arguments[0] != 'f') return true;
        return link_target(descriptor_link(thread, regs.rdi)).substr(0, 1) == "/";
    }

    void act(pid_t thread, const Call& call, user_regs_struct& regs) {
        reached_ = call.name;
        for (const std::string& path : paths_of(thread, call, regs)) reached_ += " " + path;
        if (action_ == "kill") {
            kill(process_, SIGKILL);
            // Its own threads make no further call; a program that it has started continues.
            ptrace(PTRACE_CONT, thread, 0, 0);
            return;
        }
        if (action_ == "short") {
            const char* count = std::strchr(call.arguments, 'n');
            if (count != nullptr) halve(regs, static_cast<std::size_t>(count - call.arguments));
        } else if (const int error = std::atoi(action_.c_str()); error > 0) {
            regs.orig_rax = static_cast<unsigned long long>(-1);
            regs.rax = static_cast<unsigned long long>(-error);
        }
        ptrace(PTRACE_SETREGS, thread, 0, &regs);
        ptrace(PTRACE_CONT, thread, 0, 0);
    }

    static void halve(user_regs_struct& regs, std::size_t index) {
        unsigned long long* const places[] = {&regs.rdi, &regs.rsi, &regs.rdx,
                                              &regs.r10, &regs.r8,  &regs.r9};
        *places[index] = (*places[index] + 1) / 2;
    }

    pid_t process_;
    long at_;
    std::string action_;
    std::string names_;
    Journal journal_;
    bool counting_ = false;
    long calls_ = 0;
    int status_ = 0;
    std::string reached_;
};

}  // namespace

int main(int count, char** words) {
    if (count == 3 && std::strcmp(words[1], "--filter") == 0) {
        return write_filter(std::strcmp(words[2], "all") == 0);
    }
    if (count == 2 && std::strcmp(words[1], "--names") == 0) {
        for (const Call& call : kCalls) std::puts(call.name);
        return 0;
    }
    if (count < 7) {
        std::fprintf(stderr, "call_stepper: PID GO OUT AT ACTION NAME,... [JOURNAL]\n");
        return 2;
    }
    Stepper stepper{static_cast<pid_t>(std::atol(words[1])), std::atol(words[4]), words[5],
                    words[6], count > 7 ? words[7] : nullptr};
    stepper.run(std::atoi(words[2]));
    stepper.report(words[3]);
    return 0;
}
