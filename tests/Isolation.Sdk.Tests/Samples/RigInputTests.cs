using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed class RigInputTests
{
    [IsolationTheory("mkfifo", "sh", DefaultRows = 1)]
    [InlineData("[\n  { \"id\": \"z\", \"title\": \"Z\" },\n  { \"id\": \"a\" \"title\": \"A\" }\n]", "RIG02", 3)]
    [InlineData(
        "[\n  { \"id\": \"a\", \"title\": \"A\" },\n  {\n    \"id\": \"b\",\n    \"titel\": \"B\" }\n]",
        "RIG02",
        5
    )]
    [InlineData("[\n  { \"id\": \"a\" }\n]", "RIG02", 2)]
    [InlineData("[\n  { \"id\": \"a\", \"title\": \"A\", \"priority\": \"high\" }\n]", "RIG02", 2)]
    [InlineData("{ \"id\": \"a\" }", "RIG02", 1)]
    [InlineData("[\n  { \"id\": \"a\", \"title\": \"A\" }", "RIG02", 2)]
    [InlineData("[\n  { \"id\": \"a\", \"title\": \"A\" },\n  { \"id\": \"a\", \"title\": \"B\" }\n]", "ISO0702", 3)]
    [InlineData(
        "[\n  { \"id\": \"z\", \"title\": \"Z\" },\n  { \"id\": \"a\", \"title\": \"A\", \"blockedBy\": "
            + "[\"b\"] },\n  { \"id\": \"b\", \"title\": \"B\", \"blockedBy\": [\"a\"] }\n]",
        "ISO0703",
        3
    )]
    [InlineData("[\n  { \"id\": \"a\", \"title\": \"A\", \"blockedBy\": [\"gone\"] }\n]", "ISO0704", 2)]
    public async Task What_is_wrong_with_the_items_is_told_with_file_and_line(string items, string code, int line)
    {
        await using RigHost rig = await RigHost.CreateAsync(items);

        RigOutput output = await rig.RunAsync();

        Assert.Equal(2, output.ExitCode);
        Assert.Equal("", output.Output);
        Assert.StartsWith(
            $"rig: {code}: {rig.At("items.json")}:{line}: ",
            Assert.Single(output.Error.TrimEnd().Split('\n')),
            StringComparison.Ordinal
        );
        Assert.False(Directory.Exists(rig.Workers));
    }

    [IsolationTheory("mkfifo", "sh", DefaultRows = 1)]
    [InlineData("RIG03", "--merge", "queue")]
    [InlineData("RIG03", "--merge", "manual", "--gate", "true")]
    [InlineData("RIG01", "--merge", "someday")]
    [InlineData("RIG03", "--merge", "refinery")]
    [InlineData("RIG03", "--merge", "queue", "--gate", "true", "--max-concurrency", "2")]
    [InlineData("ISO0603", "--target", "main")]
    public async Task A_command_line_that_makes_no_sense_is_refused_before_anything_starts(
        string code,
        params string[] options
    )
    {
        await using RigHost rig = await RigHost.CreateAsync("""[{ "id": "a", "title": "A" }]""", "true");

        RigOutput output = await rig.RunAsync(options);

        Assert.Equal((2, ""), (output.ExitCode, output.Output.Trim()));
        Assert.StartsWith($"rig: {code}: ", output.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(rig.Workers));
    }

    [IsolationFact("mkfifo", "sh")]
    public async Task A_folder_that_is_no_repository_is_named()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput output = await rig.CallAsync("list", "--repo", rig.Repository.Root);

        Assert.Equal(2, output.ExitCode);
        Assert.Contains(rig.Repository.Root, output.Error, StringComparison.Ordinal);
    }
}
