using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>Stacks and lands without a queue around it, so that each step can be looked at and interfered
/// with.</summary>
internal sealed class LandingFixture : IAsyncDisposable
{
    private LandingFixture(QueueFixture bench, QueueContext context)
    {
        Fixture = bench;
        Context = context;
        Store = new QueueStore(context.Names, context.Time);
        Monitor = new QueueMonitor(
            context,
            Store,
            new StatusBroadcaster(() => { }),
            new QueueChangeFile(context.Names.ChangeFile)
        );
        Builder = new CandidateBuilder(context, Monitor.History);
        Landing = new LandingService(context, Monitor.History);
    }

    public QueueFixture Fixture { get; }

    public QueueContext Context { get; }

    public QueueStore Store { get; }

    public QueueMonitor Monitor { get; }

    public CandidateBuilder Builder { get; }

    public LandingService Landing { get; }

    public static async Task<LandingFixture> CreateAsync(
        MergeMode mode,
        params (string Path, string Content)[] files
    ) => await OnAsync(await QueueFixture.CreateAsync(files), o => o.Mode = mode);

    /// <summary>Another actor of the same queue.</summary>
    public static async Task<LandingFixture> OnAsync(
        QueueFixture bench,
        Action<MergeQueueOptions>? configure = null,
        Action<QueueStep>? reached = null
    )
    {
        MergeQueueOptions options = new();
        configure?.Invoke(options);
        GitRepository repository = await GitOpener.OpenAsync(bench.Repository.Path);
        QueueContext context = new(
            new QueueLayout(repository, QueueFixture.TargetRef),
            new MergePolicy(MergePreset.FirstWins, options) with
            {
                Journals = true,
            },
            null,
            WorkersDirectory.Beside(bench.Common),
            TimeProvider.System,
            NullLogger.Instance
        )
        {
            Faults = new FaultPoints(s => reached?.Invoke(Enum.Parse<QueueStep>(s))),
        };
        return new LandingFixture(bench, context);
    }

    public async Task<QueueItem> SubmitAsync(string name, Capture capture, string? branch = null) =>
        (
            await Store.TryCreateAsync(
                new MergeRequest(new AttemptId(name, 1), capture) { Title = name, Branch = branch },
                Context.Policy,
                CancellationToken.None
            )
        )!;

    public async Task<StackingResult> StackAsync(QueueItem item, params Candidate[] ahead)
    {
        await Monitor.RefreshAsync(force: true, CancellationToken.None);
        return await Builder.StackAsync(
            new MergeBase(Monitor.State.Target!, Monitor.State.TargetTree!),
            ahead,
            item,
            recordsTestedTree: false,
            CancellationToken.None
        );
    }

    /// <summary>Stacks items on each other; each of them has to fit.</summary>
    public async Task<Candidate[]> ChainAsync(params QueueItem[] items)
    {
        List<Candidate> chain = [];
        foreach (QueueItem item in items)
        {
            chain.Add(Assert.IsType<StackingResult.Stacked>(await StackAsync(item, [.. chain])).Candidate);
        }

        return [.. chain];
    }

    public Task<LandingResult> LandAsync(params Candidate[] links) =>
        Landing.LandAsync(links[0].Parent, links, _ => false, CancellationToken.None);

    public async Task<Candidate[]> LandedAsync(params QueueItem[] items) =>
        [.. Assert.IsType<LandingResult.Landed>(await LandAsync(await ChainAsync(items))).Candidates];

    public async Task<bool> RecoverAsync()
    {
        await Monitor.RefreshAsync(force: true, CancellationToken.None);
        return await Landing.RecoverAsync(Monitor.State.Target, CancellationToken.None);
    }

    public async Task<string[]> JournalAsync() =>
        (await Fixture.GitAsync("log", "--format=%s", "refs/isolation/mq/target/journal")).Split('\n');

    public async Task<string[]> ItemRefsAsync() =>
        (await Fixture.GitAsync("for-each-ref", "--format=%(refname)", "refs/isolation/mq/target/items")).Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );

    public ValueTask DisposeAsync() => Fixture.DisposeAsync();
}
