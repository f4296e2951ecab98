using Isolation.Sdk.Guard;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>Who could have changed what all of a process share.</summary>
public sealed class HostProcessMonitorTests
{
    private static readonly AttemptId A = new("a", 1),
        B = new("b", 1);
    private readonly Dictionary<string, string> _facts = new() { ["current directory"] = "/here" };
    private readonly HostProcessMonitor _watch;

    public HostProcessMonitorTests() => _watch = new HostProcessMonitor(() => new Dictionary<string, string>(_facts));

    [IsolationFact]
    public void What_nobody_changed_is_not_mentioned()
    {
        _watch.Enter(A);
        Assert.Empty(_watch.Leave(A));
    }

    [IsolationFact]
    public void A_change_is_said_of_all_who_ran_and_of_nobody_else()
    {
        _watch.Enter(A);
        _watch.Enter(B);
        _facts["current directory"] = "/there";
        Assert.Equal(
            ["The process's current directory changed from /here to /there while a.1, b.1 ran."],
            _watch.Leave(B)
        );
        _facts["current directory"] = "/here";
        Assert.Equal(
            [
                "The process's current directory changed from /here to /there while a.1, b.1 ran.",
                "The process's current directory changed from /there to /here while a.1 ran.",
            ],
            _watch.Leave(A)
        );
    }

    [IsolationFact]
    public void What_changed_before_a_worker_began_is_not_said_of_it()
    {
        _watch.Enter(A);
        _facts["current directory"] = "/there";
        _watch.Enter(B);
        Assert.Empty(_watch.Leave(B));
        Assert.Single(_watch.Leave(A));
    }

    [IsolationFact]
    public void What_the_host_changes_while_nobody_runs_is_its_own_affair()
    {
        _watch.Enter(A);
        _watch.Leave(A);
        _facts["current directory"] = "/there";
        _watch.Enter(B);
        Assert.Empty(_watch.Leave(B));
    }

    [IsolationFact]
    public void A_variables_value_is_not_shown()
    {
        _facts[HostProcessFacts.Variable + "TOKEN"] = "s3cr3t";
        _watch.Enter(A);
        _facts[HostProcessFacts.Variable + "TOKEN"] = "an0ther";
        _facts[HostProcessFacts.Variable + "MORE"] = "s3cr3t";
        Assert.Equal(
            [
                "The process's environment variable MORE appeared while a.1 ran.",
                "The process's environment variable TOKEN changed while a.1 ran.",
            ],
            _watch.Leave(A)
        );
    }
}
