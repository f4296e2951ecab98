using Isolation.Sdk.Contexts;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Sandboxing.Seals;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;
using Isolation.Sdk.Workspaces.Clones;
using Isolation.Sdk.Workspaces.Worktrees;

namespace Isolation.Sdk.Tests.Testing;

internal sealed class GitWorktreeSuite : WorkspaceProviderConformance
{
    protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) => new(new GitWorktreeProvider(new GitWorktreeOptions(), TimeProvider.System));

    public ValueTask<IWorkspaceProvider> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class PrivateCloneSuite : WorkspaceProviderConformance
{
    protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) => new(new PrivateCloneProvider(new PrivateCloneOptions(), TimeProvider.System));

    public ValueTask<IWorkspaceProvider> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class ProcessSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) => new(new ProcessSandbox(new ProcessSandboxOptions().Port("web"), TimeProvider.System));

    public ValueTask<IStateSandbox> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class ConfinedSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) => new(new ProcessSandbox(new ProcessSandboxOptions().Port("web"), TimeProvider.System, seal: new ConfinedSeal()));
}

internal sealed class SealedSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) => new(new ProcessSandbox(new ProcessSandboxOptions().Port("web"), TimeProvider.System, seal: new BubblewrapSeal(TimeProvider.System)));
}

internal sealed class FreshContextSuite : ContextFactoryConformance
{
    protected override ValueTask<IContextFactory> CreateAsync(ThrowawayRepository repository) => new(new FreshContextFactory(new FreshContextOptions { TokenBudget = 1_000 }, TimeProvider.System));

    public ValueTask<IContextFactory> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class MergeSuite(Func<IMergeStrategy> create) : MergeStrategyConformance
{
    protected override ValueTask<IMergeStrategy> CreateAsync(ThrowawayRepository repository) => new(create());
}
