using System.Text.RegularExpressions;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>One template for all commands and values.</summary>
public sealed class PlaceholderTests
{
    private static readonly WorkItem Item = new("Auth-7", "Add \"login\"") { Instructions = "Do it; $(now)" };

    [IsolationFact]
    public async Task Variables_and_teardown_know_the_item_as_a_runners_command_does()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(
            sandbox.Create(o =>
            {
                o.Ports.Add("web");
                o.Environment["ALL"] =
                    "{item}|{title}|{instructions}|{attempt}|{worker_id}|{briefing}|{{item}}|{\"a\":{}}";
                o.Teardown.Add(
                    "sh",
                    "-c",
                    "printf '%s|%s' \"$1\" \"$2\" > {workspace}/torn",
                    "sh",
                    "{title}",
                    "{port:web}"
                );
            }),
            Item
        );
        string work = sandbox.Workers.WorkspaceOf(sandbox.Lease!.Attempt);

        Assert.Equal(
            $"Auth-7|Add \"login\"|Do it; $(now)|Auth-7.1|{PlaceholderTemplate.WorkerId(sandbox.Lease.Attempt)}|"
                + $"{scope.Info.Temp}/briefing.md|{{item}}|{{\"a\":{{}}}}",
            scope.Info.Environment.Single(e => e.Name == "ALL").Value
        );
        await scope.ReleaseAsync(ReleaseMode.Remove);
        Assert.Equal(
            $"Add \"login\"|{scope.Info.Ports["web"]}",
            await File.ReadAllTextAsync(Path.Combine(work, "torn"))
        );
    }

    [Theory]
    [InlineData("auth")]
    [InlineData("auth-7")]
    [InlineData("Auth.7")]
    [InlineData("auth_7")]
    [InlineData("7")]
    [InlineData("日本語")]
    [InlineData("a/very/long/id/with/more/than/the/sixty-three/bytes/that/a/database/keeps/of/a/name")]
    public void A_workers_id_is_an_sql_name(string item)
    {
        string id = PlaceholderTemplate.WorkerId(new AttemptId(item, 12));

        Assert.Matches(new Regex("^[a-z][a-z0-9_]{0,59}$"), id);
        Assert.NotEqual(id, PlaceholderTemplate.WorkerId(new AttemptId(item, 13)));
    }

    [Fact]
    public void Ids_that_differ_in_what_a_name_cannot_hold_stay_apart()
    {
        AttemptId[] attempts =
        [
            .. new[] { "a-b", "a_b", "a.b", "A-b", "a b", "w1", "1", "a", "a_1" }.Select(i => new AttemptId(i, 1)),
            new AttemptId("a", 11),
        ];

        Assert.Equal(attempts.Length, attempts.Select(PlaceholderTemplate.WorkerId).Distinct().Count());
        Assert.Equal("a_1", PlaceholderTemplate.WorkerId(new AttemptId("a", 1)));
    }

    [Theory]
    [InlineData("{worker_id} {port:web} {{nope}} {\"json\":1} {} { x } {A} ${HOME}", null)]
    [InlineData("{nope}", "{nope}")]
    [InlineData("{port:api}", "{port:api}")]
    [InlineData("{port:}", "{port:}")]
    [InlineData("a {wroker}", "{wroker}")]
    public void An_unknown_placeholder_is_refused_where_it_stands(string template, string? unknown)
    {
        IsolationFault? fault = PlaceholderTemplate.Check(template, "'X' in Environment", ["web"]).SingleOrDefault();

        Assert.Equal(
            unknown is null ? null : $"'X' in Environment has an unknown placeholder {unknown}.",
            fault?.Message
        );
    }
}
