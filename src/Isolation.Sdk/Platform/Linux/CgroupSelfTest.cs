namespace Isolation.Sdk.Platform;

// A file that can be written proves nothing.
internal sealed class CgroupSelfTest(CgroupController controller)
{
    private const string Prefix = "isolation-test-";
    private const long Megabyte = 1024 * 1024;
    private const int Killed = 137;
    private const int SomeShare = 50;
    private static readonly string[] Folders = ["/usr/bin", "/bin"];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    // 128 MB in a group of 64: whoever asks for it has to die.
    private static readonly string[] LargeBlock = ["dd", "if=/dev/zero", "of=/dev/null", "bs=134217728", "count=1"];

    // It has to fork, in a group that has room for itself.
    private static readonly string[] Fork = ["timeout", "10", "true"];

    public async Task<(CgroupMount? Mount, string Reasons)> RunAsync(TimeProvider time)
    {
        List<string> reasons = [];
        foreach (CgroupController version in new[] { controller with { Version = 2 }, controller with { Version = 1 } })
        {
            (string? folder, string? reason) =
                version.Version == 2 ? CgroupDiscovery.Unified(version.Name) : CgroupDiscovery.Legacy(version.Name);
            if (folder is not null)
            {
                CgroupMount mount = new(version, folder);
                reason = await RefuteAsync(mount, time).ConfigureAwait(false);
                if (reason is null)
                {
                    return (mount, "");
                }
            }

            reasons.Add($"{version.Mechanism}: {reason}");
        }

        return (null, string.Join("; ", reasons));
    }

    private static async Task<string?> RefuteAsync(CgroupMount mount, TimeProvider time)
    {
        SweepStale(mount.Folder, time);
        string name = Prefix + ProcessMark.NewMarker();
        DirectoryInfo gates = Directory.CreateTempSubdirectory(Prefix);
        try
        {
            return mount.Controller.Name switch
            {
                "memory" => await ExceedAsync(mount, name, 64 * Megabyte, LargeBlock, gates.FullName, time)
                    .ConfigureAwait(false),
                "pids" => await ExceedAsync(mount, name, 1, Fork, gates.FullName, time).ConfigureAwait(false),
                _ => ReadBack(mount, name),
            };
        }
        catch (IsolationException e)
        {
            return e.Fault.Message;
        }
        finally
        {
            await new Cgroup(mount.PathOf(name)).RemoveAsync(time).ConfigureAwait(false);
            gates.Delete();
        }
    }

    private static string? ReadBack(CgroupMount mount, string name)
    {
        (string file, string text, _) = mount.Controller.Settings(SomeShare).First();
        return
            mount.TryMake(name, "1", SomeShare) is { } made
            && Cgroup.TryRead(Path.Combine(made.Group.Folder, file))?.Trim() == text
            ? null
            : "the kernel did not take a share";
    }

    private static async Task<string?> ExceedAsync(
        CgroupMount mount,
        string name,
        long value,
        string[] words,
        string gates,
        TimeProvider time
    )
    {
        if (Folders.Select(f => Path.Combine(f, words[0])).FirstOrDefault(File.Exists) is not { } program)
        {
            return $"there is no {words[0]} in /usr/bin to try it with";
        }

        if (mount.TryMake(name, "1", value) is not { } group)
        {
            return "the kernel did not take a limit";
        }

        string marker = ProcessMark.NewMarker();
        Dictionary<string, string> environment = new()
        {
            ["PATH"] = string.Join(':', Folders),
            ["LC_ALL"] = "C",
            [ProcessMark.Variable] = marker,
        };
        ChildProcess process = await LinuxLauncher
            .StartAsync(
                new ProcessSpec(program, words[1..], "/", environment, marker),
                new CommandCgroups(null, [group]),
                LimitValues.None,
                Path.Combine(gates, ChildStarter.GateSuffix),
                [],
                time
            )
            .ConfigureAwait(false);
        try
        {
            (int code, LimitHit? hit) = await process.Exit.WaitAsync(Limit, time).ConfigureAwait(false);
            bool ended = mount.Controller.Name == "memory" ? code == Killed : code != 0;
            return ended && hit is not null ? null : $"a process that passed its limit was let ({code})";
        }
        catch (TimeoutException)
        {
            return $"a process that passed its limit went on for {Limit.TotalSeconds} seconds";
        }
        finally
        {
            await process.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }

    private static void SweepStale(string folder, TimeProvider time)
    {
        foreach (
            DirectoryInfo left in new DirectoryInfo(folder)
                .EnumerateDirectories(Prefix + "*")
                .Where(d => time.GetUtcNow() - new DateTimeOffset(d.LastWriteTimeUtc) > Stale)
        )
        {
            new Cgroup(left.FullName).TryRemove();
        }
    }
}
