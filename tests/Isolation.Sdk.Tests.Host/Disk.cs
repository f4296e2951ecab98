namespace Isolation.Sdk.Tests.Host;

/// <summary>
/// A disk of a program's own, in memory: a tmpfs, or an image file on one with another file system. It is mounted in a
/// mount namespace that only the program and its children are in, so that it ends with them, whatever ends them, and
/// nobody else ever sees it.
/// </summary>
/// <param name="FileSystem"><c>tmpfs</c>, <c>ext4</c>, <c>xfs</c> or <c>btrfs</c>, made and mounted with their
/// defaults.</param>
/// <param name="Megabytes">How large it is; XFS wants 300 at least. Memory is taken for what is written.</param>
internal sealed record Disk(string FileSystem, int Megabytes = 512)
{
    // The shell becomes the program, so that its id is the one that was started: killing that kills all of it.
    private const string Mount = """
        set -e
        at=$1 kind=$2 size=$3 inodes=$4
        shift 4
        options="size=$size,mode=1777"
        if [ "$kind" = tmpfs ] && [ -n "$inodes" ]; then
          options="$options,nr_inodes=$inodes"
        fi
        mount -t tmpfs -o "$options" isolation-disk "$at"
        if [ "$kind" != tmpfs ]; then
          truncate -s "$size" "$at/image"
          PATH="$PATH:/usr/sbin:/sbin" "mkfs.$kind" -q ${inodes:+-N "$inodes"} "$at/image" >&2
          mount -t "$kind" -o loop "$at/image" "$at"
          chmod 1777 "$at"
        fi
        exec "$@"
        """;

    private static readonly string[] Places = ["/media", "/srv", "/mnt"];

    /// <summary>Every kind there is.</summary>
    public static IReadOnlyList<string> FileSystems { get; } = ["tmpfs", "ext4", "xfs", "btrfs"];

    /// <summary>Where it is seen by the program: a folder of the system that is empty here, so that nothing is hidden
    /// and no folder has to be made.</summary>
    public static string Path { get; } =
        Places.FirstOrDefault(p => Directory.Exists(p) && !Directory.EnumerateFileSystemEntries(p).Any()) ?? Places[0];

    /// <summary>How many files and folders fit on it, on tmpfs and ext4; <see langword="null"/> for as many as
    /// usual.</summary>
    public int? Inodes { get; init; }

    /// <summary>What a command starts with to run on this disk; the program itself follows.</summary>
    public string[] Through =>
        [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            Mount,
            "sh",
            Path,
            FileSystem,
            $"{Megabytes}m",
            $"{Inodes}",
        ];
}
