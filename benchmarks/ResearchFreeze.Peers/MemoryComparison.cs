using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace ResearchFreeze.Peers;

/// <summary>The peak resident memory of some training steps, each contender in a process of its own.</summary>
internal static class MemoryComparison
{
    private const int Steps = 5;

    public static JsonArray Run(IEnumerable<(string Model, int Batch)> cases, int threads)
    {
        Console.WriteLine("peak resident memory        batch   ours MB  TorchSharp MB   ratio");
        var rows = new JsonArray();
        foreach ((string model, int batch) in cases)
        {
            string name = TransformerPlan.NameOf(model);
            long ours = Child("ours", model, batch, threads), theirs = Child("torchsharp", model, batch, threads);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-26}  {batch,5}  {ours / 1e6,8:F0}  {theirs / 1e6,13:F0}  {ours / (double)theirs,6:F2}"));
            rows.Add(new JsonObject { ["model"] = name, ["batch"] = batch, ["oursPeakBytes"] = ours, ["torchSharpPeakBytes"] = theirs, ["ratio"] = Math.Round(ours / (double)theirs, 3) });
        }
        return rows;
    }

    /// <summary>What a child process does: some steps, then its peak on a line.</summary>
    public static void Measure(string contender, string model, int batch, int threads)
    {
        if (contender == "ours")
        {
            using var ours = new OurStep(model, batch, threads, 0);
            for (int step = 0; step < Steps; step++) ours.Step();
        }
        else
        {
            TorchSharp.torch.set_num_threads(threads);
            using var theirs = TorchStep.Create(model, batch, 0);
            for (int step = 0; step < Steps; step++) theirs.Step();
        }
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(process.PeakWorkingSet64.ToString(CultureInfo.InvariantCulture));
    }

    private static long Child(string contender, string model, int batch, int threads)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Started by `dotnet`, the program is its first argument.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(MemoryComparison).Assembly.Location);
        foreach (string argument in (string[])["memory", "--contender", contender, "--model", model, "--batch", $"{batch}", "--threads", $"{threads}"]) start.ArgumentList.Add(argument);
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? long.Parse(output.Trim(), CultureInfo.InvariantCulture) : throw new InvalidOperationException($"memory of {contender}, {model}: exit code {child.ExitCode}.");
    }
}
