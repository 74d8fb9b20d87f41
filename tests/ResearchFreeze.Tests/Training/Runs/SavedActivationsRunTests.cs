using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>An option that changed nothing is said at the end of a run.</summary>
public sealed class SavedActivationsRunTests
{
    /// <summary>Hidden results of 8 × 64 values are too small to be packed, of 32 × 64 large enough.</summary>
    [Theory]
    [InlineData(8, "bf16", 1)]
    [InlineData(32, "bf16", 0)]
    [InlineData(8, "float32", 0)]
    public void ARunThatPackedNothingSaysSo(int batch, string activations, int lines)
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { BatchSize = batch, Activations = activations });
        var said = new Lines();
        new Trainer(parts, null, said).Run(TestContext.Current.CancellationToken);
        Assert.Equal(lines, said.All.Count(line => line == "activations: none was kept in bf16: no result that the backward pass alone still needs has 1024 elements or more"));
    }

    private sealed class Lines : IRunObserver
    {
        public List<string> All { get; } = [];

        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Said(string line) => All.Add(line);

        public void Stepped(int step, int epoch)
        {
        }
    }
}
