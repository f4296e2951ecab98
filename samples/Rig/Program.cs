using Rig.Commands;
using Rig.Terminal;

System.CommandLine.RootCommand root = new(
    "Runs many agents or jobs in parallel on one git repository. Each works in a worktree, state and "
        + "context of its own; work lands by one explicit, atomic merge."
)
{
    RunCommand.Create(),
    ListCommand.Create(),
    StatusCommand.Create(),
    ApproveCommand.Create(),
    QueueCommands.Create(),
    CleanCommand.Create(),
    DoctorCommand.Create(),
};

return await Invocation.RunAsync(root, args);
