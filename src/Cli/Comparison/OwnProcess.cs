using System.Diagnostics;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Cli;

/// <summary>The program that is running, started again with other arguments.</summary>
internal static class OwnProcess
{
    /// <summary>Runs it to its end; killed when <paramref name="kill"/> says so. What it prints is not shown.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<RunEnd> Run(IReadOnlyList<string> arguments, CancellationToken kill)
    {
        (string program, string[] first) = Itself();
        var start = new ProcessStartInfo(program, [.. first, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using Process process = Start(start);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None), error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await using (kill.Register(process.Kill))
        {
            await process.WaitForExitAsync(CancellationToken.None);
        }
        await output;
        string last = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
        return new RunEnd(process.ExitCode, last.StartsWith("error: ", StringComparison.Ordinal) ? last["error: ".Length..] : last);
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
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? (program, ["exec", Environment.GetCommandLineArgs()[0]]) : (program, []);
    }
}
