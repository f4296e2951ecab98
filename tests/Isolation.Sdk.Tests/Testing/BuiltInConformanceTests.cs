using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>The built-in providers run the suites that are shipped for everyone's.</summary>
public sealed class BuiltInConformanceTests
{
    public static TheoryData<string> Workspaces => Names(new GitWorktreeSuite().Checks);

    public static TheoryData<string> State => Names(new ProcessSandboxSuite().Checks);

    public static TheoryData<string> Contexts => Names(new FreshContextSuite().Checks);

    public static TheoryData<string> Merging => Names(Suite(() => MergeStrategies.FirstWins()).Checks);

    [IsolationTheory]
    [MemberData(nameof(Workspaces))]
    public Task Git_worktrees(string check) => new GitWorktreeSuite().RunAsync(check);

    [IsolationTheory]
    [MemberData(nameof(Workspaces))]
    public Task Private_clones(string check) => new PrivateCloneSuite().RunAsync(check);

    [IsolationTheory(Tier = Tier.Ci)]
    [MemberData(nameof(Workspaces))]
    public Task Git_worktrees_behind_an_admission(string check) => new AdmissionSuite().RunAsync(check);

    [IsolationTheory(Tier = Tier.Ci)]
    [MemberData(nameof(Workspaces))]
    public Task Git_worktrees_from_a_warm_pool(string check) => new WarmPoolSuite(clones: false).RunAsync(check);

    [IsolationTheory(Tier = Tier.Ci)]
    [MemberData(nameof(Workspaces))]
    public Task Private_clones_from_a_warm_pool(string check) => new WarmPoolSuite(clones: true).RunAsync(check);

    [IsolationTheory]
    [MemberData(nameof(State))]
    public Task Process_sandbox(string check) => new ProcessSandboxSuite().RunAsync(check);

    [IsolationFact]
    public Task A_sandbox_that_promises_limits() =>
        new LimitedSandboxSuite().RunAsync(nameof(StateSandboxConformance.Limits_hold));

    [IsolationTheory(Tools.Landlock, Tier = Tier.Ci)]
    [MemberData(nameof(State))]
    public Task Restricted_sandbox(string check) => new RestrictedSandboxSuite().RunAsync(check);

    [IsolationTheory(Tools.Bubblewrap, Tier = Tier.Ci)]
    [MemberData(nameof(State))]
    public Task Sealed_sandbox(string check) => new SealedSandboxSuite().RunAsync(check);

    [IsolationTheory]
    [MemberData(nameof(Contexts))]
    public Task Fresh_contexts(string check) => new FreshContextSuite().RunAsync(check);

    [IsolationTheory(Tier = Tier.Ci)]
    [MemberData(nameof(Merging))]
    public Task First_wins(string check) => Suite(() => MergeStrategies.FirstWins()).RunAsync(check);

    [IsolationTheory(Tier = Tier.Ci)]
    [MemberData(nameof(Merging))]
    public Task Manual_merge(string check) => Suite(() => MergeStrategies.Manual()).RunAsync(check);

    [IsolationTheory(Tier = Tier.Ci)]
    [MemberData(nameof(Merging))]
    public Task Serial_queue(string check) =>
        Suite(() =>
                MergeStrategies.SerialQueue(
                    o => o.Gates.Add("test", "-f", "shared.txt"),
                    new ProcessSandbox(new ProcessSandboxOptions())
                )
            )
            .RunAsync(check);

    private static MergeSuite Suite(Func<IMergeStrategy> create) => new(create);

    private static TheoryData<string> Names(IEnumerable<ConformanceCheck> checks) => new(checks.Select(c => c.Name));
}
