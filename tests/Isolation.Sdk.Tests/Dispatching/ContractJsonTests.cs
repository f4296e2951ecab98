using System.Text.Json;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Dispatching;

/// <summary>What travels between machines survives the trip.</summary>
public sealed class ContractJsonTests
{
    private static readonly AttemptId Attempt = new("auth-123", 2);

    [IsolationFact]
    public void An_assignment_round_trips_through_json()
    {
        WorkItem item = new("auth-123", "Add login")
        {
            Instructions = "Do\nit",
            BlockedBy = ["a", "b"],
            Priority = 3,
            Base = "main",
        };
        AssertRoundTrip(
            new WorkerAssignment(Attempt, item, new string('a', 40))
            {
                Handoffs = [new Handoff(new AttemptId("a", 1), "c", "note")],
                PreviousFailure = "red",
                ResumeToken = "t",
            }
        );
    }

    public static TheoryData<RunResult> Results =>
        [
            new RunResult.Done("ok"),
            new RunResult.Done(),
            new RunResult.Failed("no", false),
            new RunResult.BlockedOn(["x"]),
            new RunResult.Suspended("why", "token"),
        ];

    [IsolationTheory]
    [MemberData(nameof(Results), DisableDiscoveryEnumeration = true)]
    public void A_report_round_trips_through_json_with_every_kind_of_result(RunResult result) =>
        AssertRoundTrip(
            new AttemptReport(Attempt, result)
            {
                Commit = "c",
                BaseCommit = "b",
                Branch = "isolation/auth-123/2/work",
                FetchFrom = "/somewhere",
                Changes = [new FileChange("a.cs", FileChangeKind.Renamed, 1, 2) { OldPath = "b.cs" }],
                Contamination = ["refs/heads/main"],
                Fault = new IsolationFault("ISO0503", "m", "r"),
                FailedIn = Stage.Context,
                TimedOut = true,
                KeptWorkspace = "/w",
                Log = "/l",
                Cost = new AttemptCost
                {
                    SetupMs = 1,
                    RunMs = 2,
                    Bytes = 3,
                    BriefingTokens = 4,
                },
            }
        );

    private static void AssertRoundTrip<T>(T sent)
    {
        string json = JsonSerializer.Serialize(sent);
        T received = JsonSerializer.Deserialize<T>(json)!;
        Assert.Equal(json, JsonSerializer.Serialize(received));
        Assert.Equivalent(sent, received, strict: true);
    }
}
