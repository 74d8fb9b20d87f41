using System.Diagnostics;

namespace ResearchFreeze.Tests;

/// <summary>A program that is built beside the tests, run to its end in a process of its own.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record SampleProcess(int Code, string Output, string Error)
{
    /// <summary>Runs a program by its assembly's name.</summary>
    /// <param name="program">The name, without its ending.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="environment">Set besides what is.</param>
    public static Task<SampleProcess> Run(string program, string folder, string[] args, params (string Name, string Value)[] environment) =>
        Run([Path.Combine(AppContext.BaseDirectory, $"{program}.dll"), .. args], folder, environment);

    /// <summary>Runs a program with a runtime configuration of the caller's.</summary>
    public static Task<SampleProcess> RunWith(string configuration, string program, string folder, string[] args) =>
        Run(["exec", "--runtimeconfig", configuration, Path.Combine(AppContext.BaseDirectory, $"{program}.dll"), .. args], folder, []);

    private static async Task<SampleProcess> Run(string[] dotnet, string folder, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", dotnet)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new SampleProcess(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(true);
            throw;
        }
    }
}
