namespace ResearchFreeze.Autograd;

// Log-softmax and the losses besides cross entropy.
public static partial class OperationSpecs
{
    private static IReadOnlyList<OperationSpec> Losses =>
    [
        new("log softmax", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 9));
            Declare(c, x, t => t.LogSoftmax(), x.Count, 1);
        }),
        new("binary cross entropy", c =>
        {
            Shape x = c.Add(c.Shape(1 + c.Random.NextInt32(3), 7));
            c.Add(x, positive: true);
            c.Apply = inputs => ((Tensor)inputs[0]).BinaryCrossEntropyWithLogits((Tensor)inputs[1]);
            c.SavedElements = wanted => wanted.Contains(0) ? 2 * x.Count : x.Count;
            c.BackwardCalls = wanted => 1 + (wanted.Contains(0) ? 2 : 0) + (wanted.Contains(1) ? 1 : 0);   // the mean's, slope and product, one product
        }),
        new("huber", c =>
        {
            // Differences are odd 512ths, δ an even one: no difference quotient crosses the end of the parabola.
            Shape x = c.AddDistinct(c.Shape(1 + c.Random.NextInt32(3), 7));
            c.AddDistinct(x);
            double delta = (1 + c.Random.NextInt32(100)) / 256.0;
            c.Apply = inputs => ((Tensor)inputs[0]).Huber((Tensor)inputs[1] + (1.0 / 512), delta);
            c.SavedElements = _ => x.Count;                                       // the difference
            c.BackwardCalls = wanted => 2 + (wanted.Contains(1) ? 2 : 0);         // mean, derivative, the sign of the second operand and its copy through the offset
        }),
    ];
}
