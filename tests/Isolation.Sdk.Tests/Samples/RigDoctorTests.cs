using System.Text.Json;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed class RigDoctorTests
{
    [IsolationFact("mkfifo", "sh", Tools.Linux)]
    public async Task The_machine_is_told_level_by_level()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput output = await rig.CallAsync("doctor", "--json");

        JsonElement report = JsonDocument.Parse(output.Output).RootElement;
        Assert.Equal((0, "rig.doctor/1"), (output.ExitCode, report.GetProperty("schema").GetString()));
        JsonElement[] levels = [.. report.GetProperty("levels").EnumerateArray()];
        Assert.Equal(["cooperative", "restricted", "sealed"], levels.Select(l => l.GetProperty("level").GetString()));
        Assert.True(levels[0].GetProperty("given").GetBoolean());
        Assert.Contains("environment", levels[0].GetProperty("sealed").EnumerateArray().Select(g => g.GetString()));
        Assert.All(levels, l =>
            Assert.Equal(l.GetProperty("given").GetBoolean(), l.GetProperty("missing").GetArrayLength() == 0)
        );
    }

    [IsolationFact("mkfifo", "sh", Tools.Linux, Tier = Tier.Ci)]
    public async Task A_channel_is_tried_between_plain_worktrees_and_at_the_level_asked_for()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput text = await rig.CallAsync("doctor", "--leaks", "--row", "g01");
        RigOutput json = await rig.CallAsync("doctor", "--leaks", "--row", "G01", "--level", "cooperative", "--json");

        Assert.Equal((0, 0), (text.ExitCode, json.ExitCode));
        Assert.Equal(
            ["G01", "the repository's config", "leak", "detected"],
            text
                .Output.Split('\n')
                .Single(l => l.StartsWith("G01 ", StringComparison.Ordinal))
                .Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[..4]
        );
        Assert.Contains(
            "baseline: 0 sealed, 0 detected, 0 refused, 1 open, 0 not tried; 0 not as expected.",
            text.Output,
            StringComparison.Ordinal
        );
        JsonElement report = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal("rig.leaks/1", report.GetProperty("schema").GetString());
        JsonElement row = Assert.Single(report.GetProperty("rows").EnumerateArray());
        Assert.Equal(
            ["G01", "cooperative", "detected", "detected", "contamination guard: config"],
            new[] { "id", "level", "expected", "observed", "mechanism" }.Select(name =>
                row.GetProperty(name).GetString()
            )
        );
        Assert.NotEqual("", row.GetProperty("evidence").GetString());
    }

    [IsolationFact("mkfifo", "sh", Tools.Linux, Tier = Tier.Ci)]
    public async Task A_channel_that_harms_its_process_does_not_harm_the_one_that_reports()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput output = await rig.CallAsync(
            "doctor",
            "--leaks",
            "--row",
            "N06",
            "--row",
            "N18",
            "--level",
            "cooperative",
            "--json"
        );

        Assert.Equal((0, ""), (output.ExitCode, output.Error));
        Assert.Equal(
            ["N06 detected", "N18 leak"],
            JsonDocument
                .Parse(output.Output)
                .RootElement.GetProperty("rows")
                .EnumerateArray()
                .Select(r => $"{r.GetProperty("id")} {r.GetProperty("observed")}")
        );
    }

    [IsolationFact("mkfifo", "sh", Tools.Linux)]
    public async Task What_cannot_be_tried_is_refused()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput row = await rig.CallAsync("doctor", "--leaks", "--row", "X01");
        RigOutput alone = await rig.CallAsync("doctor", "--row", "G01");

        Assert.Equal((2, 2), (row.ExitCode, alone.ExitCode));
        Assert.StartsWith("rig: RIG09: ", row.Error, StringComparison.Ordinal);
        Assert.StartsWith("rig: RIG01: ", alone.Error, StringComparison.Ordinal);
    }

    [IsolationFact("mkfifo", "sh", Tools.Linux, Tools.Interruptible, Tier = Tier.Ci)]
    public async Task An_interrupted_look_leaves_nothing_behind()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");
        string temp = Directory.CreateDirectory(rig.At("tmp")).FullName;
        using RigProcess look = RigHost.StartIn(temp, "doctor", "--leaks", "--level", "cooperative");
        await look.WaitForAsync("G01 ");

        await look.InterruptAsync();

        Assert.Equal(130, (await look.EndAsync()).ExitCode);
        // The next throwaway repository is a copy of the template, which stays.
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(temp, "*", SearchOption.AllDirectories), path =>
            Path.GetRelativePath(temp, path).Contains("/repo-", StringComparison.Ordinal)
        );
    }
}
