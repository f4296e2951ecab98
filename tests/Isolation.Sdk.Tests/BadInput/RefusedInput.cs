using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;

namespace Isolation.Sdk.Tests.BadInput;

/// <summary>One row: how the repository is prepared, what is asked of the pipeline, and the code of the one error that
/// says so.</summary>
internal sealed record RefusedInput(string Code, Func<HostRequest, HostRequest> Ask)
{
    private static readonly string Long = new('x', 5_000);

    public Func<ThrowawayRepository, Task> Prepare { get; init; } = _ => Task.CompletedTask;

    public static IReadOnlyDictionary<string, RefusedInput> Rows { get; } =
        new Dictionary<string, RefusedInput>
        {
            ["id: empty"] = Items("ISO0701", new HostItem("")),
            ["id: blank"] = Items("ISO0701", new HostItem("  ")),
            ["id: newline"] = Items("ISO0701", new HostItem("a\nb")),
            ["id: NUL"] = Items("ISO0701", new HostItem("a\0b")),
            ["id: 5,000 characters"] = Items("ISO0701", new HostItem(Long)),
            ["id: twice"] = Items("ISO0702", new HostItem("a"), new HostItem("a")),
            ["id: case twins"] = Items("ISO0702", new HostItem("Auth"), new HostItem("auth")),
            ["title: empty"] = Items("ISO0705", new HostItem("a") { Title = "" }),
            ["title: blank"] = Items("ISO0705", new HostItem("a") { Title = " \t\n" }),
            ["blocker: unknown"] = Items("ISO0704", new HostItem("a") { BlockedBy = ["../b"] }),
            ["blocker: itself"] = Items("ISO0703", new HostItem("a") { BlockedBy = ["a"] }),
            ["blocker: cycle"] = Items(
                "ISO0703",
                new HostItem("a") { BlockedBy = ["c"] },
                new HostItem("b") { BlockedBy = ["a"] },
                new HostItem("c") { BlockedBy = ["b"] }
            ),
            ["base: missing"] = Items("ISO0206", new HostItem("a") { Base = "no-such-branch" }),
            ["base: dash"] = Items("ISO0206", new HostItem("a") { Base = "--all" }),
            ["base: newline"] = Items("ISO0206", new HostItem("a") { Base = "main\nmain" }),
            ["base: NUL"] = Items("ISO0206", new HostItem("a") { Base = "main\0" }),
            ["base: empty"] = Items("ISO0206", new HostItem("a") { Base = "" }),
            ["base: a tree"] = Items("ISO0206", new HostItem("a") { Base = "main^{tree}" }),
            ["base: 5,000 characters"] = Items("ISO0206", new HostItem("a") { Base = Long }),

            ["merge strategy: forgotten"] = new("ISO0902", r => r with { Merging = false }),
            ["command: empty"] = new("ISO0752", r => r with { Command = [" "] }),
            ["command: unknown placeholder"] = new("ISO0751", r => r with { Command = ["sh", "-c", "{nonsense}"] }),
            ["command: missing"] = new("ISO0401", r => r with { Command = ["no-such-agent-7f3a"] }),
            ["command: missing, by path"] = new("ISO0401", r => r with { Command = ["/no/such/agent"] }),
            ["command: dash"] = new("ISO0401", r => r with { Command = ["-rf"] }),
            ["command: 5,000 characters"] = new("ISO0401", r => r with { Command = [Long] }),

            ["target: empty"] = Target("ISO0907", ""),
            ["target: dash"] = Target("ISO0907", "-d"),
            ["target: space"] = Target("ISO0907", "a b"),
            ["target: newline"] = Target("ISO0907", "a\nb"),
            ["target: ../"] = Target("ISO0907", "../main"),
            ["target: @{"] = Target("ISO0907", "a@{1}"),
            ["target: .lock"] = Target("ISO0907", "landing.lock"),
            ["target: HEAD"] = Target("ISO0907", "HEAD"),
            ["target: 5,000 characters"] = Target("ISO0907", Long),
            ["target: below another branch"] = Target("ISO0907", "main/landing"),
            ["target: above another branch"] = Target("ISO0907", "team") with
            {
                Prepare = r => r.GitAsync(["branch", "team/x"]),
            },
            ["target: case twin"] = Target("ISO0907", "Main"),
            ["target: missing"] = new("ISO0907", r => r with { Target = "no-such", From = null }),
            ["target: checked out"] = new("ISO0603", r => r with { Target = "main", From = null }),
            ["target: from nothing"] = new("ISO0907", r => r with { From = "no-such" }),
            ["target: from a dash"] = new("ISO0907", r => r with { From = "--all" }),
            ["target: from a NUL"] = new("ISO0907", r => r with { From = "main\0" }),

            ["template: ../"] = Template("../{item}"),
            ["template: dash"] = Template("-{item}"),
            ["template: space"] = Template("a {item}"),
            ["template: newline"] = Template("a\n{item}"),
            ["template: @{"] = Template("a@{{item}}"),
            ["template: .lock"] = Template("{item}/{attempt}.lock"),
            ["template: no item"] = Template("work"),
            ["template: 5,000 characters"] = Template($"{Long}/{{item}}"),
            ["template: below another branch"] = Template("main/{item}") with { Code = "ISO0302" },
            ["template: above another branch"] = Template("isolation/{item}") with
            {
                Code = "ISO0302",
                Prepare = r => r.GitAsync(["branch", "isolation"]),
            },

            ["repository: relative"] = new("ISO0906", r => r with { Repository = "repo" }),
            ["repository: empty path"] = new("ISO0906", r => r with { Repository = "" }),
            ["repository: missing"] = new("ISO0204", r => r with { Repository = r.Repository + "-not-there" }),
            ["repository: NUL"] = new("ISO0906", r => r with { Repository = r.Repository + "\0" }),
            ["repository: newline"] = new("ISO0209", r =>
                r with
                {
                    Repository = Path.Combine(Path.GetDirectoryName(r.Repository)!, "a\nrepo"),
                }
            )
            {
                Prepare = r => r.GitAsync(["clone", "-q", r.Path, Path.Combine(r.Root, "a\nrepo")]),
            },
            ["repository: a file"] = new("ISO0204", r =>
                r with
                {
                    Repository = Path.Combine(r.Repository, "README.md"),
                }
            ),
            ["repository: a plain folder"] = new("ISO0204", r =>
                r with
                {
                    Repository = Path.Combine(Path.GetDirectoryName(r.Repository)!, "plain"),
                }
            )
            {
                Prepare = Plain,
            },
            ["repository: 5,000 characters"] = new("ISO0204", r => r with { Repository = "/" + Long }),
            ["repository: empty"] = new("ISO0207", r => r) { Prepare = EmptyAsync },
            ["repository: unborn branch beside others"] = new("ISO0907", r => r with { From = "HEAD" })
            {
                Prepare = r => r.GitAsync(["symbolic-ref", "HEAD", "refs/heads/unborn"]),
            },

            ["workers: relative"] = new("ISO0906", r => r with { UseWorkersDirectory = "workers" }),
            ["workers: inside the repository"] = new("ISO0312", r =>
                r with
                {
                    UseWorkersDirectory = Path.Combine(r.Repository, "workers"),
                }
            ),
            ["workers: inside, by ../"] = new("ISO0312", r =>
                r with
                {
                    UseWorkersDirectory = Path.Combine(r.Repository, "..", "repo", "workers"),
                }
            ),
            ["workers: not writable"] = new("ISO0301", r => r with { UseWorkersDirectory = "/proc/workers" }),
            ["workers: below a file"] = new("ISO0301", r =>
                r with
                {
                    UseWorkersDirectory = Path.Combine(Path.GetDirectoryName(r.Repository)!, "file", "workers"),
                }
            )
            {
                Prepare = r => File.WriteAllTextAsync(Path.Combine(r.Root, "file"), ""),
            },
            ["workers: a file"] = new("ISO0301", r => r with { UseWorkersDirectory = r.Repository + ".workers" })
            {
                Prepare = r => File.WriteAllTextAsync(r.Path + ".workers", ""),
            },
            ["workers: 5,000 characters"] = new("ISO0301", r => r with { UseWorkersDirectory = "/" + Long }),
            ["workers: NUL"] = new("ISO0906", r => r with { UseWorkersDirectory = "/a\0b" }),
        };

    private static RefusedInput Items(string code, params HostItem[] items) => new(code, r => r with { Items = items });

    private static RefusedInput Target(string code, string target) => new(code, r => r with { Target = target });

    private static RefusedInput Template(string template) => new("ISO0303", r => r with { Template = template });

    private static Task Plain(ThrowawayRepository repository) =>
        Task.FromResult(Directory.CreateDirectory(Path.Combine(repository.Root, "plain")));

    private static async Task EmptyAsync(ThrowawayRepository repository)
    {
        await repository.GitAsync(["symbolic-ref", "HEAD", "refs/heads/unborn"]);
        await repository.GitAsync(["branch", "-D", "main"]);
    }
}
