using System.Diagnostics;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Cli;

/// <summary>The program that is running, started again with other arguments.</summary>
internal static class OwnProcess
{
    private const string Warning = "warning: ";

    // Schedulers leave half a minute between asking and killing.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Tells a process that its standard input is held open by the one that started it, and ends with that one, however it ends.
    private const string Held = "RESEARCHFREEZE_INPUT_ENDS_WITH_PARENT";

    /// <summary>The command that starts it: a program and its first arguments, absolute.</summary>
    /// <exception cref="IOException">It is not known.</exception>
    public static IReadOnlyList<string> Command
    {
        get
        {
            (string program, string[] first) = Itself();
            return [program, .. first];
        }
    }

    /// <summary>Runs it to its end. When <paramref name="end"/> says so its input ends, by which it ends its step and writes a checkpoint; one that is still there ten seconds later is killed. What it prints is not shown, but for warnings. It learns of this process's end by <see cref="OnParentsEnd"/>.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<RunEnd> Run(IReadOnlyList<string> arguments, CancellationToken end)
    {
        (string program, string[] first) = Itself();
        var start = new ProcessStartInfo(program, [.. first, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment[Held] = "1";
        using Process process = Start(start);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None), error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var late = new CancellationTokenSource();
        await using (late.Token.Register(process.Kill))
        await using (end.Register(() =>
        {
            process.StandardInput.Close();
            late.CancelAfter(Patience);
        }))
        {
            await process.WaitForExitAsync(CancellationToken.None);
        }
        string[] said = [.. $"{await output}\n{await error}".Split('\n', StringSplitOptions.TrimEntries).Where(line => line.StartsWith(Warning, StringComparison.Ordinal)).Select(line => line[Warning.Length..]).Distinct()];
        string last = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
        return new RunEnd(process.ExitCode, last.StartsWith("error: ", StringComparison.Ordinal) ? last["error: ".Length..] : last) { Warnings = said };
    }

    /// <summary>
    /// Calls <paramref name="stop"/> when the process that has started this one by <see cref="Run"/> has ended: nothing else tells of one that was killed. Where nobody has, nothing is done.
    /// </summary>
    public static void OnParentsEnd(Action stop)
    {
        if (Environment.GetEnvironmentVariable(Held) != "1") return;
        // A read of standard input cannot be cancelled: the thread ends with the process.
        new Thread(() =>
        {
            try
            {
                using Stream input = Console.OpenStandardInput();
                Span<byte> nothing = stackalloc byte[1];
                while (input.Read(nothing) > 0) { }
            }
            catch (IOException)
            {
                // An input that cannot be read is at its end too.
            }
            stop();
        })
        { IsBackground = true, Name = "parent's end" }.Start();
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new IOException($"'{start.FileName}' cannot be started: {exception.Message}", exception);
        }
    }

    /// <summary>An executable of its own, or the host with the program's assembly.</summary>
    private static (string Program, string[] First) Itself()
    {
        string program = Environment.ProcessPath ?? throw new IOException("the path of this program is not known, so that it cannot start its runs.");
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? (program, ["exec", Path.GetFullPath(Environment.GetCommandLineArgs()[0])]) : (program, []);
    }
}
