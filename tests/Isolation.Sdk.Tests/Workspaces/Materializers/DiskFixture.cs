using System.Globalization;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A repository whose workers are on a disk of their own, with a process that sees it: a story for each
/// request, told by a new provider.</summary>
internal sealed class DiskFixture : IAsyncDisposable
{
    private readonly HostProcess _host;
    private readonly CheckoutMethod _method;

    private DiskFixture(ThrowawayRepository repository, HostProcess host, CheckoutMethod filling) =>
        (Repository, _host, _method) = (repository, host, filling);

    public ThrowawayRepository Repository { get; }

    public bool Clones { get; set; }

    /// <summary>The workers' folder, as it is seen from here.</summary>
    public string Workers => $"/proc/{_host.Id}/root{Disk.Path}/workers";

    /// <summary>The most memory that the process had at once, in bytes.</summary>
    public long PeakMemory =>
        1024
        * long.Parse(
            File.ReadLines($"/proc/{_host.Id}/status")
                .First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );

    /// <param name="disk">Where workspaces are made.</param>
    /// <param name="filling">How.</param>
    /// <param name="make">A script that makes files in the repository; they are committed.</param>
    public static async Task<DiskFixture> CreateAsync(Disk disk, CheckoutMethod filling, string make)
    {
        ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        Assert.Equal("", await Shell.RunAsync(repository.Path, make + "\ngit add -A && git commit -qm Files"));
        return new DiskFixture(repository, HostProcess.Start(null, disk.Through), filling);
    }

    /// <summary>What became of each workspace asked for, and what each script said.</summary>
    public async Task<IReadOnlyList<HostResult>> TellAsync(params string[] acts) =>
        (
            await _host.AskAsync(
                new HostRequest(Repository.Path)
                {
                    UseWorkersDirectory = $"{Disk.Path}/workers",
                    Pool = new PoolRequest(acts) { CheckoutMethod = _method.ToString(), Clones = Clones },
                }
            )
        ).Items;

    /// <summary>A script that leaves so many KiB of the disk free, or so many files and folders.</summary>
    public static string Fill(string of, int leave) =>
        of == "files"
            ? $"run-in-repository mkdir {Disk.Path}/many && cd {Disk.Path}/many && {{ i=0; while true > $i; "
                + $"do i=$((i + 1)); done; }} 2> /dev/null; seq 0 {leave} | tail -n +2 | xargs rm -f"
            : $"run-in-repository cd {Disk.Path} && dd if=/dev/zero of=full bs=64k 2> /dev/null; sync -f .; "
                + $"dd if=/dev/zero of=fuller bs=1k 2> /dev/null; truncate -s -{leave}K full; sync -f .";

    /// <summary>The end of that.</summary>
    public static string Free() => $"run-in-repository cd {Disk.Path} && rm -rf full fuller many && sync -f .";

    /// <summary>Everything that is left of workspaces and trees, but not what is whole.</summary>
    public IEnumerable<string> FindHalves() =>
        Directory.Exists(Workers)
            ?
            [
                .. Directory
                    .GetDirectories(Workers)
                    .Where(d =>
                        char.IsDigit(d[^1])
                        && !File.Exists(Path.Combine(d, "work", ".git"))
                        && !Directory.Exists(Path.Combine(d, "work", ".git"))
                    ),
                .. Below(".trash"),
                .. Below(".trees")
                    .Where(e =>
                        TemplateRecord.TryRead(e.EndsWith(".lock", StringComparison.Ordinal) ? e[..^".lock".Length] : e)
                            is null
                    ),
                .. Directory.GetFiles(Workers).Where(f => f.EndsWith(".new", StringComparison.Ordinal)),
            ]
            : [];

    private string[] Below(string folder) =>
        Directory.Exists(Path.Combine(Workers, folder))
            ? Directory.GetFileSystemEntries(Path.Combine(Workers, folder))
            : [];

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await Repository.DisposeAsync();
    }
}
