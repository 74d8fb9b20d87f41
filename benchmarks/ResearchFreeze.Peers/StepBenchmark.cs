using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>
/// Full training steps (gradients to zero, forward, cross entropy, backward, SGD with momentum 0.9 and weight decay 1e-4) on synthetic data of as many classes as the last width says.
/// Layers are frozen before anything has run and are not in the optimizer: what TorchSharp does best.
/// </summary>
internal static class StepBenchmark
{
    private const int WarmUp = 10;

    public static void Run(string model, int batch, int threads, int steps, bool asJson)
    {
        int[] widths = Mlp.ParseWidths(model);
        if (batch <= 0) throw new ArgumentException($"--batch must be positive, found {batch}.");
        if (threads <= 0) throw new ArgumentException($"--threads must be positive, found {threads}.");
        if (steps <= 0) throw new ArgumentException($"--steps must be positive, found {steps}.");
        set_num_threads(threads);
        int units = widths.Length - 1;
        var rows = new JsonArray();
        foreach (int frozen in new[] { 0, units / 2, units - 1 }.Distinct())
        {
            (double step, double forward) = Time(widths, batch, steps, frozen);
            rows.Add(new JsonObject
            {
                ["frozenUnits"] = frozen,
                ["units"] = units,
                ["stepMilliseconds"] = Math.Round(step, 4),
                ["forwardMilliseconds"] = Math.Round(forward, 4),
            });
        }
        using var process = Process.GetCurrentProcess();
        var result = new JsonObject
        {
            ["model"] = model,
            ["batch"] = batch,
            ["threads"] = threads,
            ["peer"] = Versions.Peer,
            ["steps"] = steps,
            ["rows"] = rows,
            ["peakBytes"] = process.PeakWorkingSet64,
            ["versions"] = Versions.Machine(),
        };
        if (asJson)
        {
            Console.WriteLine(result.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }));
            return;
        }
        Console.WriteLine($"{Versions.Peer}, {model}, batch {batch}, {threads} threads, median of {steps} steps, peak {process.PeakWorkingSet64 >> 20} MiB");
        Console.WriteLine("frozen  step ms  forward ms");
        foreach (JsonNode? row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row!["frozenUnits"]}/{row["units"],-4}  {(double)row["stepMilliseconds"]!,7:F3}  {(double)row["forwardMilliseconds"]!,10:F3}"));
        }
    }

    private static (double Step, double Forward) Time(int[] widths, int batch, int steps, int frozen)
    {
        (double[] inputs, int[] labels) = SeededData.Classes(1, batch, widths[0], widths[^1]);
        using Tensor x = tensor(inputs, [batch, widths[0]], dtype: ScalarType.Float32), target = tensor(Array.ConvertAll(labels, v => (long)v));
        using var network = new Mlp(widths, 2);
        for (int i = 0; i < frozen; i++) network.Freeze(i);
        using SGD optimizer = optim.SGD(network.Trainable.Select(p => p.Value).ToArray(), 0.01, momentum: 0.9, weight_decay: 1e-4);
        double step = Median(steps, () =>
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(network.Forward(x), target).backward();
            optimizer.step();
        });
        using var _ = no_grad();
        double forward = Median(steps, () =>
        {
            using var scope = NewDisposeScope();
            network.Forward(x);
        });
        return (step, forward);
    }

    private static double Median(int steps, Action action)
    {
        for (int i = 0; i < WarmUp; i++) action();
        double[] times = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        return (times[(steps - 1) / 2] + times[steps / 2]) / 2;
    }
}
