using Isolation.Sdk.Contexts;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Testing;

internal sealed class GitWorktreeSuite : WorkspaceProviderConformance
{
    protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) =>
        new(new GitWorktreeProvider(new WorkspaceOptions(), TimeProvider.System));

    public ValueTask<IWorkspaceProvider> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class PrivateCloneSuite : WorkspaceProviderConformance
{
    protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) =>
        new(new PrivateCloneProvider(new WorkspaceOptions(), TimeProvider.System));

    public ValueTask<IWorkspaceProvider> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class AdmissionSuite : WorkspaceProviderConformance
{
    protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) =>
        new(
            new GitWorktreeProvider(
                new WorkspaceOptions
                {
                    MaxWaitForSpace = TimeSpan.FromMinutes(5),
                    MinFreeDisk = 0,
                    MinFreeFiles = 0,
                    MinFreeMemory = 0,
                },
                TimeProvider.System
            )
        );

    public ValueTask<IWorkspaceProvider> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

/// <summary>Every workspace but the first ones is one that was used before.</summary>
internal sealed class WarmPoolSuite(bool clones) : WorkspaceProviderConformance
{
    private const int Used = 3;

    protected override async ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository)
    {
        WorkspaceOptions options = new() { PoolSize = 4 };
        GitWorkspaceProvider pool = clones
            ? new PrivateCloneProvider(options, TimeProvider.System)
            : new GitWorktreeProvider(options, TimeProvider.System);
        string head = await repository.GitAsync(["rev-parse", "HEAD"]);
        List<IWorkspace> used = [];
        for (int i = 0; i < Used; i++)
        {
            FakeLease lease = new($"used-{Guid.NewGuid():n}");
            await repository.GitAsync(["update-ref", AttemptNames.RefName(lease.Attempt), head]);
            used.Add(await pool.AcquireAsync(new WorkspaceRequest(lease, repository.Reference, head)));
            await repository.GitAsync(["update-ref", "-d", AttemptNames.RefName(lease.Attempt)]);
        }

        foreach (IWorkspace workspace in used)
        {
            await File.WriteAllTextAsync(Path.Combine(workspace.Info.Path, "shared.txt"), "used\n");
            await workspace.ReleaseAsync(ReleaseMode.Recycle);
        }

        await pool.SettleAsync();
        return pool;
    }

    public ValueTask<IWorkspaceProvider> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class ProcessSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) =>
        new(new ProcessSandbox(new ProcessSandboxOptions { Ports = { "web" } }, TimeProvider.System));

    public ValueTask<IStateSandbox> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

/// <summary>No sandbox promises limits by itself, since the host sets them: this one promises what its host
/// set.</summary>
internal sealed class LimitedSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository)
    {
        ProcessSandboxOptions options = new ProcessSandboxOptions { Ports = { "web" } };
        options.Limits.MaxFileBytes = 1 << 20;
        return new(new Promising(new ProcessSandbox(options, TimeProvider.System)));
    }

    private sealed class Promising(ProcessSandbox inner) : IStateSandbox
    {
        public async ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        )
        {
            ProbeResult report = await inner.ProbeAsync(repository, cancellationToken);
            return report with { Sealed = report.Sealed | IsolationGuarantees.Resources };
        }

        public ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default) =>
            inner.OpenAsync(request, cancellationToken);

        public ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            inner.ReopenAsync(record, cancellationToken);
    }
}

internal sealed class RestrictedSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) =>
        new(
            new ProcessSandbox(
                new ProcessSandboxOptions { Ports = { "web" } },
                TimeProvider.System,
                confinement: new RestrictedConfinement()
            )
        );
}

internal sealed class SealedSandboxSuite : StateSandboxConformance
{
    protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) =>
        new(
            new ProcessSandbox(
                new ProcessSandboxOptions { Ports = { "web" } },
                TimeProvider.System,
                confinement: new BubblewrapConfinement(TimeProvider.System)
            )
        );
}

internal sealed class FreshContextSuite : ContextFactoryConformance
{
    protected override ValueTask<IContextFactory> CreateAsync(ThrowawayRepository repository) =>
        new(new FreshContextFactory(new FreshContextOptions { TokenBudget = 1_000 }, TimeProvider.System));

    public ValueTask<IContextFactory> MakeAsync(ThrowawayRepository repository) => CreateAsync(repository);
}

internal sealed class MergeSuite(Func<IMergeStrategy> create) : MergeStrategyConformance
{
    protected override ValueTask<IMergeStrategy> CreateAsync(ThrowawayRepository repository) => new(create());
}
