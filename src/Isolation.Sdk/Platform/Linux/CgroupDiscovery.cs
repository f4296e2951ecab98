using System.Runtime.InteropServices;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal static partial class CgroupDiscovery
{
    private const string Root = "/";
    private static readonly string[] Marks = ["user.delegate", "trusted.delegate"];

    // Beside this process's own group, where the one above was given away: only there can controllers be handed on.
    // Else below its own.
    public static string? Unified() => FindUnified()?.Folder;

    public static (string? Folder, string? Reason) Unified(string controller) =>
        FindUnified() switch
        {
            null => (null, "not there"),
            { } found when !Offers(found.Folder, controller) => (null, $"has no {controller} controller"),
            { HandsOn: true } found => Writable(found.Folder),
            _ => (null, "the group above this process's own was not delegated"),
        };

    public static (string? Folder, string? Reason) Legacy(string controller)
    {
        if (
            Find(
                fields => fields[2] == "cgroup" && fields[3].Split(',').Contains(controller),
                line => line.Split(':') is [_, string names, ..] && names.Split(',').Contains(controller)
            )
            is not { } own
        )
        {
            return (null, "not there");
        }

        // For root everything is writable: it has to be the root, or marked as given away.
        return own.Place == Root || LinuxProcess.EffectiveUser() != 0 || IsDelegated(own.Folder)
            ? Writable(own.Folder)
            : (null, "the group belongs to whoever made it");
    }

    private static (string Folder, bool HandsOn)? FindUnified()
    {
        if (
            Find(fields => fields[2] == "cgroup2", line => line.StartsWith("0::", StringComparison.Ordinal))
            is not { } own
        )
        {
            return null;
        }

        string above = Path.GetDirectoryName(own.Folder)!;
        return own.Place == Root ? (own.Folder, true)
            : IsDelegated(above) && LinuxProcess.IsWritable(above) ? (above, true)
            : (own.Folder, false);
    }

    private static (string? Folder, string? Reason) Writable(string folder) =>
        LinuxProcess.IsWritable(folder) ? (folder, null) : (null, "this user may not divide the group");

    private static bool Offers(string folder, string controller) =>
        Cgroup.TryRead(Path.Combine(folder, "cgroup.controllers"))?.Split(' ', '\n').Contains(controller) == true;

    private static bool IsDelegated(string folder) => Marks.Any(mark => getxattr(folder, mark, 0, 0) > 0);

    private static (string Folder, string Place)? Find(Predicate<string[]> isMount, Predicate<string> isPlace) =>
        DiskErrors.Try<(string, string)?>(() =>
        {
            string? mount = File.ReadLines("/proc/self/mounts")
                .Select(line => line.Split(' '))
                .FirstOrDefault(fields => fields.Length > 3 && isMount(fields))
                ?[1];
            string? place = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => isPlace(line))?.Split(':', 3)[2];
            return mount is null || place is null || !Directory.Exists(mount + place)
                ? null
                : (place == Root ? mount : mount + place, place);
        });

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getxattr(string path, string name, nint value, nuint size);
}
