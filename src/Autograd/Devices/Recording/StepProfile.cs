using System.Diagnostics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Where the time of a step goes on a device that does its commands later: each kernel's, taken by markers on the device between the commands of a recorded step, and what is left, in which the device waits for the host.
/// </summary>
/// <param name="Kernels">The kernels, the one that takes most first.</param>
/// <param name="StepSeconds">A step by the code, from its beginning to the device's end: the median.</param>
/// <param name="HostSeconds">The host's part of it, until all commands have been given: the median.</param>
public sealed record StepProfile(IReadOnlyList<KernelTime> Kernels, double StepSeconds, double HostSeconds)
{
    private const int WarmUpSteps = 3;

    /// <summary>A step that <see cref="StepGraphs"/> repeats: the median.</summary>
    public double RepeatedSeconds { get; init; }

    /// <summary>The host's part of that.</summary>
    public double RepeatedHostSeconds { get; init; }

    /// <summary>Launches in a step.</summary>
    public long Launches => Kernels.Sum(kernel => kernel.Launches);

    /// <summary>The device's time for all kernels, one after the other.</summary>
    public double KernelSeconds => Kernels.Sum(kernel => kernel.Seconds);

    /// <summary>What a step takes beyond its kernels: 0 where the host keeps ahead.</summary>
    public double GapSeconds => Math.Max(0, StepSeconds - KernelSeconds);

    /// <summary>A kernel's part of the device's time; all of them make 1.</summary>
    public double ShareOf(KernelTime kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return kernel.Seconds / KernelSeconds;
    }

    /// <summary>Takes some steps, and the times of one.</summary>
    /// <param name="device">The device.</param>
    /// <param name="inputs">As for <see cref="StepGraphs.Run"/>.</param>
    /// <param name="step">The step, which may be taken any number of times.</param>
    /// <param name="repeats">How many times each time is taken; the median counts.</param>
    /// <exception cref="ArgumentException">The device's commands cannot be recorded, or the step's cannot; the message says why.</exception>
    public static StepProfile Measure(Device device, IReadOnlyList<TensorBase> inputs, Func<IReadOnlyList<TensorBase>, Tensor> step, int repeats)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        if (StepGraphs.WhyNot(device) is { } reason) throw new ArgumentException($"Profile: {reason}.");
        for (int i = 0; i < WarmUpSteps; i++) step(inputs).Dispose();
        KernelTime[] kernels = KernelsOf(device, inputs, step, repeats);
        using var graphs = new StepGraphs(device, steadyAfter: 0);
        // Twice to be recorded, and once for what a driver does at a first launch.
        for (int i = 0; i < 3; i++) graphs.Run([], inputs, step).Dispose();
        var plain = new double[2][] { new double[repeats], new double[repeats] };
        var again = new double[2][] { new double[repeats], new double[repeats] };
        for (int i = 0; i < repeats; i++)
        {
            // In turn, so that a disturbance meets both.
            (plain[0][i], plain[1][i]) = Time(device, () => step(inputs));
            (again[0][i], again[1][i]) = Time(device, () => graphs.Run([], inputs, step));
        }
        return new StepProfile(kernels, Median(plain[0]), Median(plain[1])) { RepeatedSeconds = Median(again[0]), RepeatedHostSeconds = Median(again[1]) };
    }

    private static (double All, double Host) Time(Device device, Func<Tensor> step)
    {
        device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        using Tensor result = step();
        double host = Stopwatch.GetElapsedTime(start).TotalSeconds;
        device.Synchronize();
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, host);
    }

    private static KernelTime[] KernelsOf(Device device, IReadOnlyList<TensorBase> inputs, Func<IReadOnlyList<TensorBase>, Tensor> step, int repeats)
    {
        var memory = new StepMemory(device.Spares);
        using var held = new StepInputs(device, inputs);
        held.Copy(inputs);
        TensorBase[] handles = held.Handles();
        using var recording = new StepRecording(device, memory, held);
        try
        {
            device.Recorder = recording;
            using (Tensor result = step(handles)) recording.End(result);
        }
        finally
        {
            device.Recorder = null;
            foreach (TensorBase handle in handles) handle.Dispose();
        }
        try
        {
            if (recording.Failure is { } failure) throw new ArgumentException($"Profile: {failure}.");
            double[][] times = [.. Enumerable.Range(0, repeats).Select(_ => device.TimeCommands(recording))];
            var found = recording.Launches.Select((launch, i) => (Launch: launch, Cost: recording.CostOf(i), Seconds: Median([.. times.Select(run => run[i])])));
            return [
                .. found.GroupBy(one => one.Launch.Name)
                    .Select(group => new KernelTime(
                        group.Key, group.Count(), group.Sum(one => one.Seconds), group.Sum(one => one.Cost.Flops), group.Sum(one => one.Cost.Bytes),
                        group.Sum(one => device.Counters.Rates.Seconds(one.Cost.Flops, one.Cost.Bytes))))
                    .OrderByDescending(kernel => kernel.Seconds),
            ];
        }
        finally
        {
            device.Synchronize();
            memory.Leave(recording.Rented);
        }
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
