using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>Softmax and cross entropy forward and backward, of 128 rows of 10 classes (a step of <c>cnn</c>: what a launch costs) and of 4096 rows of 1000.</summary>
public class LossKernels : KernelBenchmark
{
    public override IEnumerable<Work> Works => new[] { (128, 10), (4096, 1000) }.SelectMany(size => Of(size.Item1, size.Item2));

    private static IEnumerable<Work> Of(int rows, int classes)
    {
        int count = rows * classes;
        var shape = new CrossEntropyShape(rows, classes, 0, Tensor.DefaultIgnoreIndex);
        string name = $"{rows}x{classes}";
        yield return new Work($"{name}: softmax", operands =>
        {
            (TensorRange x, TensorRange y) = (operands.Normal(count), operands.Empty(count));
            return () => operands.Device.Softmax(rows, classes, x, y);
        });
        yield return new Work($"{name}: softmax backward", operands =>
        {
            (TensorRange y, TensorRange dy, TensorRange dx) = (operands.Empty(count), operands.Normal(count), operands.Empty(count));
            operands.Device.Softmax(rows, classes, dy, y);
            return () => operands.Device.SoftmaxBackward(rows, classes, y, dy, dx);
        });
        yield return new Work($"{name}: cross entropy", operands =>
        {
            (TensorRange logits, TensorRange labels, TensorRange loss, TensorRange state) = (operands.Normal(count), operands.Labels(rows, classes), operands.Empty(1), operands.Empty(rows + 1));
            return () => operands.Device.CrossEntropy(shape, logits, labels, null, loss, state);
        });
        yield return new Work($"{name}: cross entropy backward", operands =>
        {
            (TensorRange logits, TensorRange labels, TensorRange loss, TensorRange state) = (operands.Normal(count), operands.Labels(rows, classes), operands.Empty(1), operands.Empty(rows + 1));
            (TensorRange dloss, TensorRange dlogits) = (operands.Full(1, 1), operands.Empty(count));
            operands.Device.CrossEntropy(shape, logits, labels, null, loss, state);
            return () => operands.Device.CrossEntropyBackward(shape, logits, labels, null, state, dloss, dlogits);
        });
    }
}
