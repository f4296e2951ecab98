using System.Collections.Concurrent;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces.Admission;

/// <summary>A workspace is made when there is room for it, and not before.</summary>
public sealed class AdmissionTests
{
    private const long Wanted = 1_000;
    private static readonly FreeSpace Plenty = new(Wanted, Wanted, Wanted);
    private static readonly FreeSpace Short = Plenty with { Disk = Wanted - 1 };

    [IsolationFact]
    public async Task Where_there_is_room_nobody_waits()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        List<string> said = [];

        IWorkspace made = await Guard(rig, new ManualTimeProvider(), () => Plenty)
            .AcquireAsync(await rig.RequestAsync() with { OnWaiting = said.Add });

        Assert.True(File.Exists(Path.Combine(made.Info.Path, "README.md")));
        Assert.Empty(said);
    }

    [IsolationFact]
    public async Task Who_waits_says_so_once_and_goes_on_when_room_is_found_at_a_later_look()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        ManualTimeProvider time = new();
        FreeSpace room = Short;
        List<string> said = [];
        Task<IWorkspace> waiting = Guard(rig, time, () => room)
            .AcquireAsync(await rig.RequestAsync() with { OnWaiting = said.Add })
            .AsTask();
        await AdvanceAsync(time, waiting, times: 3);
        Assert.False(waiting.IsCompleted);
        Assert.False(Directory.Exists(rig.Workers));

        room = Plenty;
        await AdvanceAsync(time, waiting, times: 1);

        Assert.True(Directory.Exists((await waiting).Info.Path));
        Assert.Contains("disk", Assert.Single(said));
    }

    [IsolationFact]
    public async Task A_release_is_noticed_although_no_time_passes()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        FreeSpace room = Plenty;
        GitWorktreeProvider guard = Guard(rig, new ManualTimeProvider(), () => room);
        IWorkspace first = await guard.AcquireAsync(await rig.RequestAsync());
        room = Short;
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IWorkspace> second = guard
            .AcquireAsync(await rig.RequestAsync("b") with { OnWaiting = _ => waits.SetResult() })
            .AsTask();
        await waits.Task;

        room = Plenty;
        await first.ReleaseAsync(ReleaseMode.Remove);

        Assert.True(Directory.Exists((await second).Info.Path));
    }

    [IsolationTheory]
    [InlineData(Wanted - 1, Wanted, Wanted, "disk")]
    [InlineData(Wanted, Wanted - 1, Wanted, "files")]
    [InlineData(Wanted, Wanted, Wanted - 1, "memory")]
    public async Task What_is_short_is_named_and_nothing_is_left(long disk, long files, long memory, string named)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        WorkspaceRequest request = await rig.RequestAsync();
        string before = await rig.SnapshotAsync();
        GitWorktreeProvider guard = Guard(
            rig,
            new ManualTimeProvider(),
            () => new FreeSpace(disk, files, memory),
            TimeSpan.Zero
        );

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(async () =>
            await guard.AcquireAsync(request)
        );

        Assert.Equal(("ISO0317", request.Lease.Attempt, Stage.Workspace), (fault.Code, fault.Attempt, fault.Stage));
        Assert.Contains(named, fault.Message);
        Assert.NotEmpty(fault.Fault.Remedy);
        Assert.Equal(before, await rig.SnapshotAsync());
        Assert.Contains(
            named,
            Assert.Single((await guard.ProbeAsync(request.Repository)).Notices, n =>
                n.StartsWith("No workspace", StringComparison.Ordinal)
            )
        );
    }

    [IsolationFact]
    public async Task What_cannot_be_known_refuses_nobody()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();

        Assert.NotNull(
            await Guard(rig, new ManualTimeProvider(), () => default).AcquireAsync(await rig.RequestAsync())
        );
    }

    [IsolationFact]
    public async Task The_wait_has_an_end_and_a_cancelled_one_ends_at_once()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        ManualTimeProvider time = new();
        GitWorktreeProvider guard = Guard(rig, time, () => Short, TimeSpan.FromSeconds(10));
        using CancellationTokenSource cancel = new();
        Task cancelled = guard.AcquireAsync(await rig.RequestAsync("b"), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        Task<IWorkspace> waiting = guard.AcquireAsync(await rig.RequestAsync()).AsTask();
        await AdvanceAsync(time, waiting, times: 9);
        Assert.False(waiting.IsCompleted);
        await AdvanceAsync(time, waiting, times: 1);

        Assert.Equal("ISO0317", (await Assert.ThrowsAsync<IsolationException>(() => waiting)).Code);
    }

    [IsolationFact]
    public async Task Sixteen_at_once_do_not_all_count_on_the_same_room()
    {
        MakingWorkspaces making = new();
        AdmissionController controller = new(Options(TimeSpan.FromDays(1)), new ManualTimeProvider(), "/nowhere", _ =>
            Plenty with
            {
                Disk = making.Free,
            }
        );
        int waiting = 0;
        async Task AcquireAsync(string item)
        {
            WorkspaceRequest request = new(new FakeLease(item), new RepositoryRef("/nowhere"), "")
            {
                OnWaiting = _ => Interlocked.Increment(ref waiting),
            };
            await controller.AdmitAsync(request, CancellationToken.None);
            await making.StartAsync();
            controller.Complete(made: true);
        }

        // The first one shows what one takes: 100 of the 1,500 that are free; 1,000 have to stay.
        Task first = AcquireAsync("first");
        making.EndOne();
        await first;
        List<Task> all = [.. Enumerable.Range(0, 16).Select(i => AcquireAsync($"item-{i}"))];
        Assert.Equal((5, 11), (making.Started, waiting));
        for (int i = 0; i < 5; i++)
        {
            making.EndOne();
        }

        while (all.Count(t => t.IsCompleted) < 5)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        // Each that is given back is the room of one more.
        making.GiveBack();
        controller.SignalReleased();
        while (making.Started == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        Assert.Equal(1_000, making.Free);
    }

    [IsolationFact]
    public async Task A_worker_that_waits_for_room_says_so_in_its_status_and_fails_with_the_reason()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder builder = rig.Compose()
            .Workspaces.UseGitWorktrees(o =>
                (o.MinFreeDisk, o.MaxWaitForSpace) = (long.MaxValue, TimeSpan.FromMilliseconds(200))
            );
        await using IsolationPipeline pipeline = builder.RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        IsolationSummary summary = await run.Completion;

        Assert.Equal("ISO0317", Assert.Single(Assert.Single(summary.Items).Attempts).Fault?.Code);
        WorkerStatus? status = null;
        foreach (
            WorkerEvent happened in WorkerLog
                .Read(Path.Combine(rig.Workers, "a.1.log"))
                .TakeWhile(e => e.Kind != WorkerEventKind.Ended && e.Stage != Stage.Release)
        )
        {
            status = WorkerStatus.Apply(status, happened);
        }

        Assert.Equal((Stage.Workspace, WorkerLiveness.Waiting), (status!.Stage, status.Liveness));
        Assert.StartsWith("Waits for room", Assert.Single(status.Blockers));
    }

    [IsolationFact(Tools.Linux, Tools.Tmpfs, Tier = Tier.Ci)]
    public async Task A_small_disk_is_seen_for_what_it_is()
    {
        await using HostProcess host = HostProcess.Start(
            new Dictionary<string, string?> { ["TMPDIR"] = Disk.Path },
            new Disk("tmpfs", 64).Through
        );
        HostAnswer made = await host.AskAsync(new HostRequest("") { Mode = "repository" });
        string repository = Assert.Single(made.Items).Item;

        HostAnswer answer = await host.AskAsync(new HostRequest(repository) { Admission = true });

        HostResult refused = Assert.Single(answer.Items);
        Assert.Equal(("Failed", "ISO0317"), (refused.Outcome, refused.Fault?.Code));
        Assert.Contains("6", refused.Reason); // 63 MiB, or so.
    }

    private static GitWorktreeProvider Guard(
        WorkspaceFixture rig,
        ManualTimeProvider time,
        Func<FreeSpace> look,
        TimeSpan? wait = null
    ) => new(Options(wait ?? TimeSpan.FromDays(1)), time) { MeasureSpace = _ => look() };

    private static WorkspaceOptions Options(TimeSpan wait) =>
        new()
        {
            MinFreeDisk = Wanted,
            MinFreeFiles = Wanted,
            MinFreeMemory = Wanted,
            MaxWaitForSpace = wait,
        };

    // Moves the clock by the interval once somebody waits on it.
    private static async Task AdvanceAsync(ManualTimeProvider time, Task waiting, int times)
    {
        for (int i = 0; i < times; i++)
        {
            while (time.Waiting == 0 && !waiting.IsCompleted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        while (time.Waiting == 0 && !waiting.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Workspaces that take 100 each, and are made when the test says so.</summary>
    private sealed class MakingWorkspaces
    {
        private readonly ConcurrentQueue<TaskCompletionSource> _making = [];
        private long _free = 1_500;

        public long Free => Volatile.Read(ref _free);

        /// <summary>How many are being made.</summary>
        public int Started => _making.Count;

        public Task StartAsync()
        {
            TaskCompletionSource made = new();
            _making.Enqueue(made);
            return made.Task;
        }

        public void EndOne()
        {
            Interlocked.Add(ref _free, -100);
            Assert.True(_making.TryDequeue(out TaskCompletionSource? made));
            made.SetResult();
        }

        public void GiveBack() => Interlocked.Add(ref _free, 100);
    }
}
