using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>
/// The command line of a program of one's own: every verb of <c>freeze</c>, with criteria, policies, models, data sets, metrics, optimizers, schedules and augmentations of one's own beside the built-in ones.
/// </summary>
/// <example><code>return FreezeApp.Run(args, c => c.Criteria.Add("mine", "mine:threshold=1", spec => new Mine(spec)));</code></example>
public static class FreezeApp
{
    /// <summary>Runs the command line on the process's console.</summary>
    /// <param name="args">As given to the program.</param>
    /// <param name="configure">Adds to the built-in catalogues, before the arguments are read; null: nothing. A name that is there already is an error of one line, and the exit code is that of bad input.</param>
    /// <returns>The exit code: 0 done, 1 training failed, 2 bad input (one line on standard error), 130 cancelled.</returns>
    public static int Run(string[] args, Action<RunCatalogues>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(args);
        RollCall? call = ParallelOptions.IsIn(args) ? new RollCall() : null;
        // The first rank of a data-parallel run speaks for all, and what is wrong on another alone is said when that is known. Asking for the console's writer alone would write to a terminal.
        using StringWriter? held = call is null || RollCall.Rank == 0 ? null : new StringWriter();
        LastingWriter output = new(held is null ? Console.Out : TextWriter.Null), error = new(held is null ? Console.Error : held);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new LastingOutput(output) });
        int code = FreezeCommand.Run(args, console, output, error, configure, configure is null ? FreezeCommand.Program : System.CommandLine.RootCommand.ExecutableName, call);
        if (call?.End(code) == true && held is not null) Console.Error.Write(held.ToString().Replace("error: ", $"error: rank {RollCall.Rank}: ", StringComparison.Ordinal));
        call?.Leave(code);
        output.Flush();
        if (output.Failure is not { } failure) return code;
        error.WriteLine($"error: standard output could not be written ({failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}); all else is done.");
        return code == 0 ? FreezeCommand.BadInput : code;
    }
}
