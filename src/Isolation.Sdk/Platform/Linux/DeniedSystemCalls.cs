using System.Globalization;

namespace Isolation.Sdk.Platform;

internal sealed record CallNumber(uint X64, uint Arm64)
{
    public uint Of(bool arm) => arm ? Arm64 : X64;
}

// No path and no scope keeps these apart.
internal static class DeniedSystemCalls
{
    public static readonly CallNumber Socket = new(41, 198);
    public static readonly CallNumber SendTo = new(44, 206);
    public static readonly CallNumber SendMessage = new(46, 211);
    public static readonly CallNumber SendMessages = new(307, 269);
    public static readonly CallNumber Control = new(16, 29);
    public static readonly CallNumber Clone = new(56, 220);
    public static readonly CallNumber Clone3 = new(435, 435);
    public static readonly CallNumber Unshare = new(272, 97);
    public static readonly CallNumber SetPriority = new(141, 140);
    public static readonly CallNumber SetInputPriority = new(251, 30);
    public static readonly CallNumber SetLimits = new(302, 261);
    public static readonly CallNumber SetOwnLimits = new(160, 164);

    // Name, number on x86-64, number on aarch64.
    private const string Table = """
        # Another process's memory and descriptors (P03).
        ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440,
        pidfd_getfd 438 438, kcmp 312 272, migrate_pages 256 238, move_pages 279 239,
        # System V shared memory, semaphores and messages; POSIX queues (P10).
        shmget 29 194, shmat 30 196, shmctl 31 195, shmdt 67 197, semget 64 190, semop 65 193, semctl 66 191,
        semtimedop 220 192, msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187, mq_open 240 180,
        mq_unlink 241 181,
        # The user's keys (P17).
        add_key 248 217, request_key 249 218, keyctl 250 219,
        # Ways around a filter, and the kernel's riskiest doors.
        io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, userfaultfd 323 282,
        bpf 321 280, perf_event_open 298 241, open_by_handle_at 304 265,
        # Mounts and namespaces.
        mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, setns 308 268, open_tree 428 428,
        move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433,
        mount_setattr 442 442,
        # The machine itself.
        kexec_load 246 104, kexec_file_load 320 294, init_module 175 105, finit_module 313 273,
        delete_module 176 106, reboot 169 142, swapon 167 224, swapoff 168 225, sethostname 170 161,
        setdomainname 171 162, settimeofday 164 170, clock_settime 227 112, acct 163 89, quotactl 179 60,
        syslog 103 116,
        """;

    public static readonly IReadOnlyDictionary<string, CallNumber> Always = Table
        .Split('\n')
        .Where(line => !line.StartsWith('#'))
        .SelectMany(line => line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .Select(call => call.Split(' '))
        .ToDictionary(
            call => call[0],
            call => new CallNumber(
                uint.Parse(call[1], CultureInfo.InvariantCulture),
                uint.Parse(call[2], CultureInfo.InvariantCulture)
            )
        );
}
