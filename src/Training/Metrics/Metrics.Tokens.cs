using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// Metrics of tokens: each that has a label is what a sample is elsewhere.
public static partial class Metrics
{
    // Outputs of a batch on the host: a vocabulary of 50,000 and samples of 128 tokens are two samples.
    private const int MostOutputs = 1 << 24;

    private static void AccumulateTokens(Func<Batch, Tensor> forward, DataSet data, IReadOnlyList<IMetric> metrics)
    {
        HostDataSet host = data.Host;
        double[] values = [];
        int start = 0;
        bool isBegun = false;
        foreach (Batch batch in data.Plain((int)Math.Clamp(MostOutputs / ((long)host.SampleSize * host.TokenClassCount), 1, BatchSize)))
        {
            using var scope = new Scope();
            Tensor outputs = forward(batch);
            int length = batch.Tokens!.Shape[1];
            CheckTokens(outputs, batch.Count, length, data);
            if (!isBegun)
            {
                foreach (IMetric metric in metrics) metric.Begin(outputs.Shape[2]);
                isBegun = true;
            }
            var labels = new int[batch.Count * length];
            for (int i = 0; i < batch.Count; i++) host.CopyTokenLabels(start + i, labels.AsSpan(i * length, length));
            start += batch.Count;
            int[] asked = [.. Enumerable.Range(0, labels.Length).Where(token => labels[token] >= 0)];
            if (asked.Length == 0) continue;
            int[] right = Array.ConvertAll(asked, token => labels[token]);
            // Rows by their numbers, as an embedding takes them.
            Tensor rows = outputs.Reshape(-1, outputs.Shape[2]);
            if (asked.Length < labels.Length) rows = rows.Embedding(IntTensor.From(data.Device, asked));
            if (values.Length < rows.Shape.Count) values = new double[rows.Shape.Count];
            Span<double> read = values.AsSpan(0, rows.Shape.Count);
            rows.CopyTo(read);
            var measured = new MetricBatch(rows, IntTensor.From(data.Device, right), read, right);
            foreach (IMetric metric in metrics) metric.Accumulate(in measured);
        }
    }

    private static void CheckTokens(Tensor outputs, int count, int length, DataSet data)
    {
        int classes = data.Host.TokenClassCount;
        if (outputs.Shape.Rank != 3 || outputs.Shape[0] != count || outputs.Shape[1] != length || outputs.Shape[2] < classes)
            throw new ShapeException($"Evaluation: needs logits of shape ({count}, {length}, {classes} or more) for {count} samples of up to {length} tokens in {classes} classes, found {outputs.Shape}.");
    }
}
