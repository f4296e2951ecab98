using System.CommandLine;
using Isolation.Sdk;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Testing;
using Rig.Terminal;
using Rig.Viewing;

namespace Rig.Commands;

/// <summary><c>rig doctor</c>: what this machine can give, and with <c>--leaks</c> the proof: every known channel
/// between two workers, tried here.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<bool> leaks = new("--leaks")
        {
            Description =
                "Try every known channel between two workers on this machine, in throwaway repositories. "
                + "Takes minutes.",
        };
        Option<string?> level = new("--level")
        {
            Description =
                "Only this level: cooperative, restricted or sealed. Default: all that this machine gives, "
                + "and beside --leaks what plain worktrees do.",
            HelpName = "LEVEL",
        };
        level.AcceptOnlyFromAmong([.. Enum.GetValues<SandboxLevel>().Select(Plain.Word)]);
        Option<string[]> rows = new("--row")
        {
            Description = "With --leaks: only this channel, by its id. May be given several times.",
            HelpName = "ID",
        };
        Option<bool> json = CommonOptions.Json();
        Command doctor = new("doctor", "Say what this machine can give, and try what leaks between workers.")
        {
            leaks,
            level,
            rows,
            json,
        };
        doctor.SetAction(
            async (parsed, cancellationToken) =>
            {
                SandboxLevel? asked = parsed.GetValue(level) is { } word
                    ? Enum.Parse<SandboxLevel>(word, ignoreCase: true)
                    : null;
                string[] ids = parsed.GetValue(rows) ?? [];
                if (ids.Length > 0 && !parsed.GetValue(leaks))
                {
                    throw new IsolationException(
                        RigCodes.CommandLine,
                        "--row chooses what --leaks tries.",
                        "Add: --leaks"
                    );
                }

                LeakRow[] chosen = [.. Choose(ids)];
                IReadOnlyList<LevelView> machine = await LevelView.ProbeAsync(asked, cancellationToken);
                return parsed.GetValue(leaks)
                    ? await TryAsync(machine, asked, chosen, parsed.GetValue(json), cancellationToken)
                    : Tell(machine, asked, parsed.GetValue(json));
            }
        );
        return doctor;
    }

    private static IEnumerable<LeakRow> Choose(string[] ids) =>
        ids.Length == 0
            ? LeakMatrix.Rows
            : ids.Distinct(StringComparer.OrdinalIgnoreCase)
                .Select(id =>
                    LeakMatrix.Rows.FirstOrDefault(r => r.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
                    ?? throw new IsolationException(
                        RigCodes.UnknownRow,
                        $"There is no channel '{Plain.Line(id, 50)}'.",
                        "See: rig doctor --leaks, which names each as it tries it."
                    )
                );

    private static int Tell(IReadOnlyList<LevelView> machine, SandboxLevel? asked, bool json)
    {
        if (json)
        {
            Screen.Raw(Json.Document(new { Schema = "rig.doctor/1", Levels = machine }));
        }
        else
        {
            LevelText.Write(machine);
        }

        return machine.All(v => v.Given || asked is null && v.Level != SandboxLevel.Cooperative)
            ? ExitCodes.Ok
            : ExitCodes.NotHeld;
    }

    private static async Task<int> TryAsync(
        IReadOnlyList<LevelView> machine,
        SandboxLevel? asked,
        LeakRow[] rows,
        bool json,
        CancellationToken cancellationToken
    )
    {
        if (asked is not null && machine.FirstOrDefault(v => !v.Given) is { } lacking)
        {
            throw new IsolationConfigurationException(lacking.Missing);
        }

        SandboxLevel?[] levels = asked is not null
            ? [asked]
            : [null, .. machine.Where(v => v.Given).Select(v => (SandboxLevel?)v.Level)];
        List<LeakObservation> seen = [];
        LeakTable table = new(rows, levels);
        if (!json)
        {
            table.Begin(machine);
        }

        foreach (LeakRow row in rows)
        {
            foreach (SandboxLevel? level in levels)
            {
                seen.Add(await LeakMatrix.TryAsync(row, level, cancellationToken));
            }

            if (!json)
            {
                table.Add([.. seen.TakeLast(levels.Length)]);
            }
        }

        if (json)
        {
            Screen.Raw(Json.Document(LeakReport.Of(levels, seen)));
        }
        else
        {
            table.End(LeakReport.Of(levels, seen));
        }

        return seen.Any(LeakReport.IsBreach) ? ExitCodes.NotHeld : ExitCodes.Ok;
    }
}
