namespace Isolation.Sdk.Platform;

/// <summary>Tries, once, whether groups of the kernel keep a limit here: a file that can be written proves nothing.</summary>
/// <param name="controller">The controller, of either version.</param>
internal sealed class CgroupSelfTest(CgroupController controller)
{
    private const string Prefix = "isolation-test-";
    private const long Megabyte = 1024 * 1024;
    private const int Killed = 137;
    private const int SomeShare = 50;
    private static readonly string[] Folders = ["/usr/bin", "/bin"];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    /// <summary>Looks for a place and tries it: version 2, then version 1.</summary>
    /// <returns>The place; <see langword="null"/> with the reasons why there is none.</returns>
    public async Task<(CgroupMount? Place, string Reasons)> RunAsync(TimeProvider time)
    {
        List<string> reasons = [];
        foreach (CgroupController version in new[] { controller with { Version = 2 }, controller with { Version = 1 } })
        {
            (string? folder, string? reason) =
                version.Version == 2 ? CgroupDiscovery.Unified(version.Name) : CgroupDiscovery.Legacy(version.Name);
            if (folder is not null)
            {
                CgroupMount place = new(version, folder);
                reason = await RefutedAsync(place, time).ConfigureAwait(false);
                if (reason is null)
                {
                    return (place, "");
                }
            }

            reasons.Add($"{version.Mechanism}: {reason}");
        }

        return (null, string.Join("; ", reasons));
    }

    private static async Task<string?> RefutedAsync(CgroupMount place, TimeProvider time)
    {
        Sweep(place.Folder, time);
        string name = Prefix + ProcessMarker.New();
        DirectoryInfo gates = Directory.CreateTempSubdirectory(Prefix);
        try
        {
            return place.Controller.Name switch
            {
                // A block of 128 MB in a group of 64: whoever asks for it has to die.
                "memory" => await DiesAsync(
                        place,
                        name,
                        64 * Megabyte,
                        ["dd", "if=/dev/zero", "of=/dev/null", "bs=134217728", "count=1"],
                        gates.FullName,
                        time
                    )
                    .ConfigureAwait(false),
                // A program that has to fork, in a group that has room for itself.
                "pids" => await DiesAsync(place, name, 1, ["timeout", "10", "true"], gates.FullName, time)
                    .ConfigureAwait(false),
                _ => ReadsBack(place, name),
            };
        }
        catch (IsolationException e)
        {
            return e.Fault.Message;
        }
        finally
        {
            await CgroupDirectory.RemoveAsync(place.Of(name), time).ConfigureAwait(false);
            gates.Delete();
        }
    }

    private static string? ReadsBack(CgroupMount place, string name)
    {
        (string file, string text, _) = place.Controller.Settings(SomeShare).First();
        return
            place.TryMake(name, "1", SomeShare) is { } group
            && CgroupDirectory.TryRead(Path.Combine(group.Path, file))?.Trim() == text
            ? null
            : "the kernel did not take a share";
    }

    private static async Task<string?> DiesAsync(
        CgroupMount place,
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

        if (place.TryMake(name, "1", value) is not { } group)
        {
            return "the kernel did not take a limit";
        }

        string marker = ProcessMarker.New();
        Dictionary<string, string> environment = new()
        {
            ["PATH"] = string.Join(':', Folders),
            ["LC_ALL"] = "C",
            [ProcessMarker.Variable] = marker,
        };
        ProcessSpec launch = new(program, words[1..], "/", environment, OpenInput: false, Log: null)
        {
            Groups = [group],
        };
        ChildProcess process = await LinuxChildProcess
            .StartAsync(launch, marker, null, Path.Combine(gates, ChildStarter.GateSuffix), time)
            .ConfigureAwait(false);
        try
        {
            int code = await process.Exited.WaitAsync(Limit, time).ConfigureAwait(false);
            bool ended = place.Controller.Name == "memory" ? code == Killed : code != 0;
            return ended && group.Hit is not null ? null : $"a process that passed its limit was let ({code})";
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

    /// <summary>What a host left that died in the middle of its test.</summary>
    private static void Sweep(string folder, TimeProvider time)
    {
        foreach (
            DirectoryInfo left in new DirectoryInfo(folder)
                .EnumerateDirectories(Prefix + "*")
                .Where(d => time.GetUtcNow() - d.LastWriteTimeUtc > Stale)
        )
        {
            CgroupDirectory.TryRemove(left.FullName);
        }
    }
}
