using System.Globalization;
using System.Text;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

// What was started in it cannot leave it.
internal sealed record Cgroup(string Folder)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RemoveLimit = TimeSpan.FromSeconds(2);

    public bool CanKill => File.Exists(KillFile);

    private string KillFile => Path.Combine(Folder, "cgroup.kill");

    public static string NameOf(string marker) => "isolation-" + marker;

    // null where there is no version 2. Whether this process may is only known by doing it.
    public static string? Parent() =>
        // Joining before the first instruction needs to know a child that has not been told of yet.
        LinuxProcess.SeesChildren
            ? CgroupDiscovery.Unified()
            : null;

    public static string? PathOf(string name) => Parent() is { } parent ? Path.Combine(parent, name) : null;

    public static Cgroup? TryCreate(string path) =>
        DiskErrors.Try(() =>
        {
            Directory.CreateDirectory(path);
            Cgroup made = new(path);
            if (made.CanKill)
            {
                return made;
            }

            Directory.Delete(path);
            return null;
        });

    public bool TryAdd(int pid) =>
        TryWrite(Path.Combine(Folder, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));

    public void Kill() => TryWrite(KillFile, "1");

    public IEnumerable<int> Members() =>
        DiskErrors.Try(() =>
            Folders()
                .SelectMany(folder => File.ReadAllLines(Path.Combine(folder, "cgroup.procs")))
                .Select(line => int.Parse(line, CultureInfo.InvariantCulture))
                .ToArray()
        ) ?? [];

    public bool TryRemove() =>
        DiskErrors.Try(() =>
        {
            foreach (string folder in Folders().OrderByDescending(f => f.Length).ToArray())
            {
                Directory.Delete(folder);
            }
        })
        // Not empty yet, or gone: a later sweep looks again.
        || !Directory.Exists(Folder);

    // A process that has ended leaves its group a moment later.
    public async Task RemoveAsync(TimeProvider time)
    {
        long begun = time.GetTimestamp();
        while (!TryRemove() && time.GetElapsedTime(begun) < RemoveLimit)
        {
            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    public static bool TryWrite(string file, string text) =>
        DiskErrors.Try(() =>
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(Encoding.ASCII.GetBytes(text));
        });

    public static string? TryRead(string file) => DiskErrors.Try(() => File.ReadAllText(file));

    private IEnumerable<string> Folders() =>
        Directory.Exists(Folder)
            ? Directory.EnumerateDirectories(Folder, "*", SearchOption.AllDirectories).Prepend(Folder)
            : [];
}

internal sealed record LimitCgroup(CgroupController Controller, Cgroup Group)
{
    public LimitHit? Hit =>
        Controller.WasHit(Group.Folder) ? new LimitHit(Controller.Limit, Controller.Mechanism) : null;
}

internal sealed record CommandCgroups(Cgroup? Kill, IReadOnlyList<LimitCgroup> Limits)
{
    public static readonly CommandCgroups None = new(null, []);

    public bool Enforce(string limit) => Limits.Any(g => g.Controller.Limit == limit);

    public Task RemoveAsync(TimeProvider time) =>
        Task.WhenAll(
            Limits
                .Select(g => g.Group)
                .Concat(Kill is null ? [] : [Kill])
                .Distinct()
                .Select(group => group.RemoveAsync(time))
        );
}
