using BenchmarkDotNet.Attributes;
using ResearchFreeze.Autograd;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Benchmarks;

/// <summary>
/// Whole training steps (forward, backward, SGD with momentum and decay) by the number of units frozen in front, and the forward pass alone. What should be seen: a step falls towards the forward pass; managed
/// memory stays the same few kilobytes. <c>mlp:64,64,10</c> is so small that it shows what the library itself costs.
/// </summary>
[MemoryDiagnoser]
public class TrainingStep : WorkBenchmark
{
    public override IEnumerable<Work> Works =>
    [
        .. Prefixes("mlp:784,512,512,512,10", 128, 0, 1, 2, 3),
        .. Prefixes("cnn", 128, 0, 1, 2, 3),
        .. Prefixes("resnet:20", 128, 0, 3, 5, 8, 10),
        .. Prefixes("mlp:64,64,10", 32, 0, 1),
    ];

    private static IEnumerable<Work> Prefixes(string model, int batch, params int[] frozen)
    {
        ModelSpec spec = Models.Catalogue().Create(model);
        foreach (int units in frozen)
        {
            yield return new Work($"{model} batch {batch}: {units} frozen", operands =>
            {
                BenchTraining training = operands.Own(new BenchTraining(spec, operands.Device, batch, units));
                return () =>
                {
                    using var scope = new Scope();
                    training.Backward();
                    training.Optimizer.Step();
                    training.Optimizer.ClearGradients();
                };
            });
        }
        yield return new Work($"{model} batch {batch}: forward", operands =>
        {
            BenchTraining training = operands.Own(new BenchTraining(spec, operands.Device, batch, 0));
            return () =>
            {
                using var mode = GradMode.Disable();
                using var scope = new Scope();
                training.Forward();
            };
        });
    }
}
