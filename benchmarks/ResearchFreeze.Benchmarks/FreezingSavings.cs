using ResearchFreeze.BenchmarkDotNet;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Benchmarks;

/// <summary>
/// What freezing saves in a training step (forward, backward, SGD with momentum and decay): nothing frozen, every prefix, a middle, and what the policy <c>adaptive</c> had frozen when a run of the model's default recipe
/// ended, by the logs in benchmarks/results/adaptive.
/// </summary>
public class FreezingSavings : FreezingBenchmark
{
    private const int Batch = 128;

    public override IEnumerable<BenchmarkedModel> Models => [Model("mlp784", "mlp:784,256,256,256,10"), Model("cnn", "cnn"), Model("resnet8", "resnet:8")];

    private static BenchmarkedModel Model(string name, string text)
    {
        ModelSpec spec = Training.Models.Catalogue().Create(text);
        return new BenchmarkedModel(name, device =>
        {
            var training = new BenchTraining(spec, device, Batch, frozenUnits: 0);
            return new BenchmarkedTraining(training.Model, training.Optimizer, training.CrossEntropy, training);
        })
        {
            Runs = [("adaptive", DecisionRecord.Read(Path.Combine(AppContext.BaseDirectory, "adaptive", $"{name}.jsonl")))],
        };
    }
}
