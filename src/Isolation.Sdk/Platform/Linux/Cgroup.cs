using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Platform;

// A control group of either version: what was started in it cannot leave it.
internal sealed record Cgroup(string Path)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RemoveLimit = TimeSpan.FromSeconds(2);

    // Whether one write ends all that is in it.
    public bool CanKill => File.Exists(KillFile);

    private string KillFile => System.IO.Path.Combine(Path, "cgroup.kill");

    public static string NameOf(string marker) => "isolation-" + marker;

    // Where groups by which trees are ended would be made; null where there is no version 2. Whether this process may
    // is only known by doing it.
    public static string? Parent() =>
        // Joining before the first instruction needs to know a child that has not been told of yet.
        LinuxProcess.SeesChildren
            ? CgroupDiscovery.Unified()
            : null;

    public static string? PathOf(string name) => Parent() is { } parent ? System.IO.Path.Combine(parent, name) : null;

    // Makes a group whose processes can be ended at once; null if this process may not.
    public static Cgroup? TryCreate(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            Cgroup made = new(path);
            if (made.CanKill)
            {
                return made;
            }

            Directory.Delete(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Moves a process in; what it starts from then on is in too.
    public bool TryAdd(int pid) =>
        TryWrite(System.IO.Path.Combine(Path, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));

    public void Kill() => TryWrite(KillFile, "1");

    public IEnumerable<int> Members()
    {
        try
        {
            return
            [
                .. Folders()
                    .SelectMany(folder => File.ReadAllLines(System.IO.Path.Combine(folder, "cgroup.procs")))
                    .Select(line => int.Parse(line, CultureInfo.InvariantCulture)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // Removes it with all below it; they have to be empty.
    public bool TryRemove()
    {
        try
        {
            foreach (string folder in Folders().OrderByDescending(f => f.Length).ToArray())
            {
                Directory.Delete(folder);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not empty yet, or gone: a later sweep looks again.
            return !Directory.Exists(Path);
        }
    }

    // Removes it as soon as the last of what was ended has left: a process that has ended leaves its group a moment
    // later.
    public async Task RemoveAsync(TimeProvider time)
    {
        long begun = time.GetTimestamp();
        while (!TryRemove() && time.GetElapsedTime(begun) < RemoveLimit)
        {
            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    public static bool TryWrite(string file, string text)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(Encoding.ASCII.GetBytes(text));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private IEnumerable<string> Folders() =>
        Directory.Exists(Path)
            ? Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories).Prepend(Path)
            : [];
}

internal sealed record LimitCgroup(CgroupController Controller, Cgroup Group)
{
    public LimitHit? Hit => Controller.WasHit(Group.Path) ? new LimitHit(Controller.Limit, Controller.Mechanism) : null;
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
