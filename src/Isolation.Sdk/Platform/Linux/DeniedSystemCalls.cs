namespace Isolation.Sdk.Platform;

/// <summary>A system call by its numbers, which differ between machines.</summary>
/// <param name="X64">On x86-64.</param>
/// <param name="Arm64">On aarch64.</param>
internal sealed record CallNumber(uint X64, uint Arm64)
{
    public uint Of(bool arm) => arm ? Arm64 : X64;
}

/// <summary>What confined processes are not let do, whatever they own: no path and no scope keeps these apart.</summary>
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

    /// <summary>Refused with any arguments.</summary>
    public static readonly IReadOnlyDictionary<string, CallNumber> Always = new Dictionary<string, CallNumber>
    {
        // Another process's memory and descriptors (P03).
        ["ptrace"] = new(101, 117),
        ["process_vm_readv"] = new(310, 270),
        ["process_vm_writev"] = new(311, 271),
        ["process_madvise"] = new(440, 440),
        ["pidfd_getfd"] = new(438, 438),
        ["kcmp"] = new(312, 272),
        ["migrate_pages"] = new(256, 238),
        ["move_pages"] = new(279, 239),

        // System V shared memory, semaphores and messages; POSIX queues (P10).
        ["shmget"] = new(29, 194),
        ["shmat"] = new(30, 196),
        ["shmctl"] = new(31, 195),
        ["shmdt"] = new(67, 197),
        ["semget"] = new(64, 190),
        ["semop"] = new(65, 193),
        ["semctl"] = new(66, 191),
        ["semtimedop"] = new(220, 192),
        ["msgget"] = new(68, 186),
        ["msgsnd"] = new(69, 189),
        ["msgrcv"] = new(70, 188),
        ["msgctl"] = new(71, 187),
        ["mq_open"] = new(240, 180),
        ["mq_unlink"] = new(241, 181),

        // The user's keys (P17).
        ["add_key"] = new(248, 217),
        ["request_key"] = new(249, 218),
        ["keyctl"] = new(250, 219),

        // Ways around a filter, and the kernel's riskiest doors.
        ["io_uring_setup"] = new(425, 425),
        ["io_uring_enter"] = new(426, 426),
        ["io_uring_register"] = new(427, 427),
        ["userfaultfd"] = new(323, 282),
        ["bpf"] = new(321, 280),
        ["perf_event_open"] = new(298, 241),
        ["open_by_handle_at"] = new(304, 265),

        // Mounts and namespaces.
        ["mount"] = new(165, 40),
        ["umount2"] = new(166, 39),
        ["pivot_root"] = new(155, 41),
        ["chroot"] = new(161, 51),
        ["setns"] = new(308, 268),
        ["open_tree"] = new(428, 428),
        ["move_mount"] = new(429, 429),
        ["fsopen"] = new(430, 430),
        ["fsconfig"] = new(431, 431),
        ["fsmount"] = new(432, 432),
        ["fspick"] = new(433, 433),
        ["mount_setattr"] = new(442, 442),

        // The machine itself.
        ["kexec_load"] = new(246, 104),
        ["kexec_file_load"] = new(320, 294),
        ["init_module"] = new(175, 105),
        ["finit_module"] = new(313, 273),
        ["delete_module"] = new(176, 106),
        ["reboot"] = new(169, 142),
        ["swapon"] = new(167, 224),
        ["swapoff"] = new(168, 225),
        ["sethostname"] = new(170, 161),
        ["setdomainname"] = new(171, 162),
        ["settimeofday"] = new(164, 170),
        ["clock_settime"] = new(227, 112),
        ["acct"] = new(163, 89),
        ["quotactl"] = new(179, 60),
        ["syslog"] = new(103, 116),
    };
}
