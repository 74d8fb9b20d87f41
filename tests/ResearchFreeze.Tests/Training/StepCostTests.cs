using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>
/// What a steady training step does, by counters and not by the clock: a change of <c>step-costs.csv</c> is a change of the work that every step does. Managed memory is the whole process's: nothing else
/// may run.
/// </summary>
[Collection(nameof(Autograd.Alone))]
public sealed class StepCostTests(ITestOutputHelper output)
{
    private const int WarmUp = 10;
    private const int Steps = 20;
    private const long MostManagedBytes = 16 << 10;
    private const string Table = "step-costs.csv";

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach ((string model, int batch) in (ReadOnlySpan<(string, int)>)[("mlp:784,512,512,512,10", 128), ("cnn", 8), ("resnet:20", 4)])
            {
                int units = Units(model);
                foreach (int frozen in (ReadOnlySpan<int>)[0, units / 2, units - 1]) cases.Add(model, batch, frozen);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AStepDoesTheWorkInTheTable(string model, int batch, int frozen)
    {
        using var device = new CpuDevice(2);
        using var training = new BenchTraining(Spec(model), device, batch, frozen);
        for (int i = 0; i < 2; i++) Step(training);
        DeviceCounters counters = device.Counters;
        Cost[] before = [.. Enum.GetValues<Primitive>().Select(counters.CostOf)];
        (long live, long saved) = (counters.LiveBytes, counters.SavedBytes);
        counters.ResetPeaks();
        Step(training);
        Assert.Equal((live, saved), (counters.LiveBytes, counters.SavedBytes));
        Assert.Equal((0, 0), (counters.Live(MemoryKind.Gradient), saved));

        string name = string.Create(CultureInfo.InvariantCulture, $"{model.Replace(',', '-')},{batch},{frozen}");
        var found = new List<string>();
        Cost sum = default;
        foreach (Primitive primitive in Enum.GetValues<Primitive>())
        {
            Cost cost = counters.CostOf(primitive) - before[(int)primitive];
            sum += cost;
            if (cost.Launches > 0) found.Add(string.Create(CultureInfo.InvariantCulture, $"{name},{primitive},{cost.Launches},{cost.Flops},{cost.Bytes}"));
        }
        found.Add(string.Create(CultureInfo.InvariantCulture, $"{name},total,{sum.Launches},{sum.Flops},{sum.Bytes}"));
        found.Add(string.Create(CultureInfo.InvariantCulture, $"{name},kept at most,,,{counters.PeakSavedBytes}"));

        string[] expected = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Training", Table)).Where(line => line.StartsWith($"{name},", StringComparison.Ordinal))];
        Assert.True(
            expected.SequenceEqual(found),
            $"The work of a step is not that of {Table}. Expected:\n{string.Join('\n', expected.Except(found))}\nfound:\n{string.Join('\n', found.Except(expected))}\nall of it:\n{string.Join('\n', found)}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AStepMakesAtMost16KilobytesOfGarbageAndNoOldGeneration(string model, int batch, int frozen)
    {
        using var device = new CpuDevice(2);
        using var training = new BenchTraining(Spec(model), device, Math.Min(batch, 4), frozen);
        for (int i = 0; i < WarmUp; i++) Step(training);

        // The runner's own threads allocate now and then: one clean try of several is proof.
        (long bytes, int collections) best = (long.MaxValue, int.MaxValue);
        for (int attempt = 0; attempt < 3 && (best.bytes > MostManagedBytes || best.collections > 0); attempt++)
        {
            int old = GC.CollectionCount(1);       // generation 2's are among them
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Steps; i++) Step(training);
            best = ((GC.GetTotalAllocatedBytes(precise: true) - allocated) / Steps, GC.CollectionCount(1) - old);
        }
        output.WriteLine($"{model}, {frozen} units frozen: {best.bytes} managed bytes a step");
        Assert.InRange(best.bytes, 0, MostManagedBytes);
        Assert.Equal(0, best.collections);
    }

    private static void Step(BenchTraining training)
    {
        using var scope = new Scope();
        training.Backward();
        training.Optimizer.Step();
        training.Optimizer.ClearGradients();
    }

    private static ModelSpec Spec(string model) => new RunCatalogues().Models.Create(model);

    private static int Units(string model)
    {
        ModelSpec spec = Spec(model);
        using var built = spec.Build(spec.SampleShape, spec.Classes);
        return FreezeUnit.Of(built).Count;
    }
}
