namespace ResearchFreeze.Autograd;

public sealed partial class Tensor
{
    /// <summary>
    /// Einstein's summation over one or two operands, as views and one matrix product: <c>Tensor.Einsum("bqd,bkd->bqk", q, k)</c>. A letter names an axis; what the result does not name is summed. Letters of both operands
    /// and the result are a batch, those of both operands alone are contracted. Axes that are in the order of a product already are not copied.
    /// </summary>
    /// <param name="pattern">For example <c>ij,jk-&gt;ik</c>: lower-case or capital letters, each once an operand.</param>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second operand; null: there is one only.</param>
    /// <exception cref="ArgumentException">The pattern cannot be read, or names the result's axes wrongly.</exception>
    /// <exception cref="ShapeException">The operands do not fit the pattern or one another.</exception>
    public static Tensor Einsum(string pattern, Tensor a, Tensor? b = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(a);
        string[] sides = pattern.Replace(" ", "", StringComparison.Ordinal).Split("->"), operands = sides[0].Split(',');
        if (sides.Length != 2 || operands.Length != (b is null ? 1 : 2)) throw new ArgumentException($"einsum: '{pattern}' is no pattern of {(b is null ? "one operand" : "two operands")}, such as {(b is null ? "ij->ji" : "ij,jk->ik")}.", nameof(pattern));
        foreach (string letters in (ReadOnlySpan<string>)[.. operands, sides[1]])
        {
            if (!letters.All(char.IsAsciiLetter) || letters.Distinct().Count() != letters.Length) throw new ArgumentException($"einsum: '{letters}' in '{pattern}' must be letters, each once.", nameof(pattern));
        }
        if (sides[1].FirstOrDefault(letter => !sides[0].Contains(letter, StringComparison.Ordinal)) is var unknown and not '\0') throw new ArgumentException($"einsum: the result's axis '{unknown}' in '{pattern}' is in no operand.", nameof(pattern));
        string other = b is null ? "" : operands[1];
        (Tensor left, string leftLetters) = SumUnused(pattern, a, operands[0], other + sides[1]);
        if (b is null) return Ordered(left, leftLetters, sides[1]);
        (Tensor right, string rightLetters) = SumUnused(pattern, b, other, operands[0] + sides[1]);
        foreach (char letter in leftLetters.Intersect(rightLetters))
        {
            int x = left.Shape[leftLetters.IndexOf(letter, StringComparison.Ordinal)], y = right.Shape[rightLetters.IndexOf(letter, StringComparison.Ordinal)];
            if (x != y) throw new ShapeException($"einsum: axis '{letter}' of '{pattern}' has {x} elements in {a.Shape} and {y} in {b.Shape}.");
        }
        string shared = new([.. leftLetters.Where(letter => rightLetters.Contains(letter, StringComparison.Ordinal))]);
        string batch = new([.. shared.Where(letter => sides[1].Contains(letter, StringComparison.Ordinal))]), summed = new([.. shared.Except(batch)]);
        string rows = new([.. leftLetters.Except(shared)]), columns = new([.. rightLetters.Except(shared)]);
        Tensor x3 = Matrices(left, leftLetters, batch, rows, summed), y3 = Matrices(right, rightLetters, batch, summed, columns);
        int[] extents = [.. (batch + rows).Select(letter => left.Shape[leftLetters.IndexOf(letter, StringComparison.Ordinal)]), .. columns.Select(letter => right.Shape[rightLetters.IndexOf(letter, StringComparison.Ordinal)])];
        return Ordered(x3.MatMul(y3).Reshape(extents), batch + rows + columns, sides[1]);
    }

    /// <summary>Sums the axes that nothing else names.</summary>
    private static (Tensor Tensor, string Letters) SumUnused(string pattern, Tensor tensor, string letters, string used)
    {
        if (letters.Length != tensor.Shape.Rank) throw new ShapeException($"einsum: '{letters}' in '{pattern}' names {letters.Length} axes, found shape {tensor.Shape}.");
        int[] unused = [.. Enumerable.Range(0, letters.Length).Where(axis => !used.Contains(letters[axis], StringComparison.Ordinal))];
        return unused.Length == 0 ? (tensor, letters) : (tensor.Sum(unused), new string([.. letters.Where(letter => used.Contains(letter, StringComparison.Ordinal))]));
    }

    private static Tensor Ordered(Tensor tensor, string letters, string wanted) =>
        letters == wanted ? tensor : tensor.Permute([.. wanted.Select(letter => letters.IndexOf(letter, StringComparison.Ordinal))]);

    private static Tensor Matrices(Tensor tensor, string letters, string batch, string rows, string columns)
    {
        Tensor ordered = Ordered(tensor, letters, batch + rows + columns);
        Shape shape = ordered.Shape;
        return ordered.Reshape(shape.CountOf(0, batch.Length), shape.CountOf(batch.Length, batch.Length + rows.Length), shape.CountOf(batch.Length + rows.Length, shape.Rank));
    }
}
