using ResearchFreeze.Autograd;
using ResearchFreeze.BenchmarkDotNet;
using ResearchFreeze.Layers;

return FreezingBenchmarks.Run<OwnBenchmark>(args);

public class OwnBenchmark : FreezingBenchmark
{
    public override IEnumerable<BenchmarkedModel> Models => [new("own", Train)];

    private static BenchmarkedTraining Train(Device device)
    {
        var model = new Sequential(
            ("fc1", new Linear(256, 512, activation: Activation.Relu)), ("fc2", new Linear(512, 512, activation: Activation.Relu)), ("head", new Linear(512, 10)));
        model.Initialize(device, seed: 1);
        // A batch of any values: the work does not depend on them.
        var inputs = Tensor.Full(device, [64, 256], 0.1);
        var labels = IntTensor.From(device, new int[64]);
        return new BenchmarkedTraining(model, new Sgd(model, new Constant(0.01f), momentum: 0.9f), () => Loss.CrossEntropy(model.Forward(inputs), labels), inputs, labels);
    }
}
