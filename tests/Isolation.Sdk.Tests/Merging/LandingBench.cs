using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Merging.Landing;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>Stacks and lands without a queue around it, so that each step can be looked at and interfered with.</summary>
internal sealed class LandingBench : IAsyncDisposable
{
    private LandingBench(QueueBench bench, QueueContext context)
    {
        Bench = bench;
        Context = context;
        Store = new QueueStore(context.Names, context.Time);
        View = new QueueView(context, Store, new StatusHub(() => { }), new QueueBell(context.Names.Bell));
        Stacker = new Stacker(context, View);
        Lander = new Lander(context, View);
    }

    public QueueBench Bench { get; }

    public QueueContext Context { get; }

    public QueueStore Store { get; }

    public QueueView View { get; }

    public Stacker Stacker { get; }

    public Lander Lander { get; }

    public static async Task<LandingBench> CreateAsync(MergeMode mode, params (string Path, string Content)[] files) =>
        await OnAsync(await QueueBench.CreateAsync(files), o => o.Mode = mode);

    /// <summary>Another actor of the same queue.</summary>
    public static async Task<LandingBench> OnAsync(
        QueueBench bench,
        Action<MergeOptions>? configure = null,
        Action<QueueStep>? reached = null
    )
    {
        FirstWinsOptions options = new();
        configure?.Invoke(options);
        GitRepository repository = await GitHost.OpenAsync(bench.Repository.Path);
        QueueContext context = new(
            new QueueNames(repository, QueueBench.TargetRef),
            MergePolicy.Of(options) with
            {
                Journals = true,
            },
            null,
            WorkersFolder.Beside(bench.Common),
            TimeProvider.System,
            NullLogger.Instance
        )
        {
            Reached = reached ?? (_ => { }),
        };
        return new LandingBench(bench, context);
    }

    public async Task<QueueItem> SubmitAsync(string name, Capture capture, string? branch = null) =>
        (
            await Store.TryCreateAsync(
                new MergeRequest(new AttemptId(name, 1), capture) { Title = name, Branch = branch },
                Context.Policy,
                CancellationToken.None
            )
        )!;

    public async Task<Stacking> StackAsync(QueueItem item, params Link[] ahead)
    {
        await View.RefreshAsync(force: true, CancellationToken.None);
        return await Stacker.StackAsync(
            View.Snapshot.Target!,
            View.Snapshot.TargetTree!,
            ahead,
            item,
            claimsTested: false,
            CancellationToken.None
        );
    }

    /// <summary>Stacks items on each other; each of them has to fit.</summary>
    public async Task<Link[]> ChainAsync(params QueueItem[] items)
    {
        List<Link> chain = [];
        foreach (QueueItem item in items)
        {
            chain.Add(Assert.IsType<Stacking.Stacked>(await StackAsync(item, [.. chain])).Link);
        }

        return [.. chain];
    }

    public Task<LandOutcome> LandAsync(params Link[] links) =>
        Lander.LandAsync(links[0].Parent, links, _ => false, CancellationToken.None);

    public async Task<Link[]> LandedAsync(params QueueItem[] items) =>
        [.. Assert.IsType<LandOutcome.Landed>(await LandAsync(await ChainAsync(items))).Links];

    public async Task<bool> RecoverAsync()
    {
        await View.RefreshAsync(force: true, CancellationToken.None);
        return await Lander.RecoverAsync(View.Snapshot, CancellationToken.None);
    }

    public async Task<string[]> JournalAsync() =>
        (await Bench.GitAsync("log", "--format=%s", "refs/isolation/mq/target/journal")).Split('\n');

    public async Task<string[]> ItemRefsAsync() =>
        (await Bench.GitAsync("for-each-ref", "--format=%(refname)", "refs/isolation/mq/target/items")).Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );

    public ValueTask DisposeAsync() => Bench.DisposeAsync();
}
