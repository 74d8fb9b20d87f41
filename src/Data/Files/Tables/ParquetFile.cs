using System.Globalization;
using System.Numerics;
using Parquet;
using Parquet.Schema;

namespace ResearchFreeze.Data;

/// <summary>Reads rows from a Parquet file: one column of labels (a number, a text or a truth value), numbers in the others that are used, none of them null or nested. Row groups follow one another.</summary>
internal sealed class ParquetFile
{
    private readonly string path;
    private readonly ParquetReader reader;
    private readonly TableColumns columns;

    private ParquetFile(string path, ParquetReader reader, Func<string[], TableColumns> choose)
    {
        (this.path, this.reader) = (path, reader);
        columns = choose([.. reader.Schema.Fields.Select(field => field.Name)]);
    }

    /// <summary>Reads all rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is read.</param>
    /// <param name="like">The columns of a file that was read before, whose names this one must have; null: those that the options say.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">The file is damaged, or a column is no numbers: the message names the column and the row.</exception>
    public static Table Read(string path, TableOptions options, TableColumns? like = null) => Read(path, names => like?.In(path, names) ?? TableColumns.Choose(path, names, options), file => file.Rows());

    /// <summary>Reads all rows of texts. Where Hugging Face's library has written what classes are called, labels are those names.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">The file is damaged, or a column is no texts: the message names the column and the row.</exception>
    public static TextRows Read(string path, TextOptions options) => Read(path, names => TableColumns.Choose(path, names, options), file => file.Texts());

    private static T Read<T>(string path, Func<string[], TableColumns> choose, Func<ParquetFile, Task<T>> read)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        try
        {
            // The library reads asynchronously only; nothing else is to be done meanwhile.
            return ReadAsync(path, choose, read).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is not (DataFormatException or ArgumentException { ParamName: null }))
        {
            // Of a damaged file it throws whatever the damage leads to.
            throw new DataFormatException(path, "an intact Parquet file", error.Message.Split('\n')[0].TrimEnd('.', '\r'), error);
        }
    }

    private static async Task<T> ReadAsync<T>(string path, Func<string[], TableColumns> choose, Func<ParquetFile, Task<T>> read)
    {
        using FileStream file = File.OpenRead(path);
        await using ParquetReader reader = await ParquetReader.CreateAsync(file).ConfigureAwait(false);
        return await read(new ParquetFile(path, reader, choose)).ConfigureAwait(false);
    }

    private async Task<TextRows> Texts()
    {
        DataField label = Flat(columns.LabelAt);
        DataField[] fields = [.. columns.UsedAt.Select(Flat)];
        var texts = new List<string[]>();
        var labels = new List<string>();
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            ParquetRowGroupReader group = GroupAt(i);
            int first = labels.Count;
            string[][] read = new string[fields.Length][];
            for (int column = 0; column < fields.Length; column++) read[column] = await Texts(group, fields[column], first).ConfigureAwait(false);
            labels.AddRange(await Labels(group, label, first).ConfigureAwait(false));
            for (int row = first; row < labels.Count; row++) texts.Add([.. read.Select(column => column[row - first])]);
        }
        if (labels.Count == 0) throw new DataFormatException(path, "at least one row", "none");
        return new TextRows(path, texts, HuggingFace.ClassNames(reader.CustomMetadata, columns.Label) is { } names ? HuggingFace.Named(path, labels, names) : labels);
    }

    private async Task<string[]> Texts(ParquetRowGroupReader group, DataField field, int first)
    {
        if (field.ClrType != typeof(ReadOnlyMemory<char>)) throw new DataFormatException(path, $"a column '{field.Name}' of texts", $"one of {Kind(field)}");
        var texts = new string?[group.RowCount];
        await group.ReadAsync(field, texts.AsMemory()).ConfigureAwait(false);
        int missing = Array.FindIndex(texts, text => text is null);
        return missing < 0 ? Array.ConvertAll(texts, text => text!) : throw new DataFormatException(path, "a text", $"none in row {first + missing + 1}, column '{field.Name}'");
    }

    private async Task<Table> Rows()
    {
        long rows = 0;
        for (int i = 0; i < reader.RowGroupCount; i++) rows += GroupAt(i).RowCount;
        if (rows == 0) throw new DataFormatException(path, "at least one row", "none");
        if (rows * columns.Used.Length > Array.MaxLength) throw new DataFormatException(path, $"at most {Array.MaxLength} numbers", $"{rows} rows of {columns.Used.Length}");
        DataField label = Flat(columns.LabelAt);
        DataField[] fields = [.. columns.UsedAt.Select(Flat)];
        var values = new float[rows * fields.Length];
        var labels = new List<string>((int)rows);
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            ParquetRowGroupReader group = GroupAt(i);
            int first = labels.Count;
            for (int column = 0; column < fields.Length; column++)
            {
                float[] numbers = await Numbers(group, fields[column], first).ConfigureAwait(false);
                for (int row = 0; row < numbers.Length; row++) values[((first + row) * fields.Length) + column] = numbers[row];
            }
            labels.AddRange(await Labels(group, label, first).ConfigureAwait(false));
        }
        return new Table(path, columns, values, labels);
    }

    private ParquetRowGroupReader GroupAt(int index) => reader.OpenRowGroupReader(index);

    private DataField Flat(int column)
    {
        Field field = reader.Schema.Fields[column];
        return field is DataField { IsArray: false } flat ? flat : throw new DataFormatException(path, $"a flat column '{field.Name}' (or ignore={field.Name}, to leave it out)", "a nested one");
    }

    private Task<float[]> Numbers(ParquetRowGroupReader group, DataField field, int first) => Type.GetTypeCode(field.ClrType) switch
    {
        TypeCode.SByte => Reals<sbyte>(group, field, first),
        TypeCode.Byte => Reals<byte>(group, field, first),
        TypeCode.Int16 => Reals<short>(group, field, first),
        TypeCode.UInt16 => Reals<ushort>(group, field, first),
        TypeCode.Int32 => Reals<int>(group, field, first),
        TypeCode.UInt32 => Reals<uint>(group, field, first),
        TypeCode.Int64 => Reals<long>(group, field, first),
        TypeCode.UInt64 => Reals<ulong>(group, field, first),
        TypeCode.Single => Reals<float>(group, field, first),
        TypeCode.Double => Reals<double>(group, field, first),
        TypeCode.Decimal => Reals<decimal>(group, field, first),
        _ => throw new DataFormatException(path, $"a column '{field.Name}' of numbers (or ignore={field.Name}, to leave it out)", $"one of {Kind(field)}"),
    };

    private async Task<IEnumerable<string>> Labels(ParquetRowGroupReader group, DataField field, int first)
    {
        if (field.ClrType == typeof(ReadOnlyMemory<char>))
        {
            var texts = new string?[group.RowCount];
            await group.ReadAsync(field, texts.AsMemory()).ConfigureAwait(false);
            int missing = Array.FindIndex(texts, string.IsNullOrEmpty);
            return missing < 0 ? texts.Select(text => text!) : throw new DataFormatException(path, "a label", $"none in row {first + missing + 1}, column '{field.Name}'");
        }
        return Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Boolean => (await Values<bool>(group, field, first).ConfigureAwait(false)).Select(value => value ? "true" : "false"),
            TypeCode.SByte => Texts(await Values<sbyte>(group, field, first).ConfigureAwait(false)),
            TypeCode.Byte => Texts(await Values<byte>(group, field, first).ConfigureAwait(false)),
            TypeCode.Int16 => Texts(await Values<short>(group, field, first).ConfigureAwait(false)),
            TypeCode.UInt16 => Texts(await Values<ushort>(group, field, first).ConfigureAwait(false)),
            TypeCode.Int32 => Texts(await Values<int>(group, field, first).ConfigureAwait(false)),
            TypeCode.UInt32 => Texts(await Values<uint>(group, field, first).ConfigureAwait(false)),
            TypeCode.Int64 => Texts(await Values<long>(group, field, first).ConfigureAwait(false)),
            TypeCode.UInt64 => Texts(await Values<ulong>(group, field, first).ConfigureAwait(false)),
            TypeCode.Single => Texts(await Values<float>(group, field, first).ConfigureAwait(false)),
            TypeCode.Double => Texts(await Values<double>(group, field, first).ConfigureAwait(false)),
            _ => throw new DataFormatException(path, $"a column '{field.Name}' of labels: numbers, texts or truth values", $"one of {Kind(field)}"),
        };
    }

    private async Task<float[]> Reals<T>(ParquetRowGroupReader group, DataField field, int first)
        where T : struct, INumberBase<T>
    {
        T[] values = await Values<T>(group, field, first).ConfigureAwait(false);
        float[] reals = Array.ConvertAll(values, float.CreateTruncating);
        int bad = Array.FindIndex(reals, value => !float.IsFinite(value));
        return bad < 0 ? reals : throw new DataFormatException(path, $"a finite number (or ignore={field.Name}, to leave the column out)", string.Create(CultureInfo.InvariantCulture, $"{values[bad]} in row {first + bad + 1}, column '{field.Name}'"));
    }

    private async Task<T[]> Values<T>(ParquetRowGroupReader group, DataField field, int first)
        where T : struct
    {
        var values = new T?[group.RowCount];
        await group.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
        int missing = Array.FindIndex(values, value => value is null);
        return missing < 0 ? Array.ConvertAll(values, value => value!.Value) : throw new DataFormatException(path, $"a value in each row (or ignore={field.Name}, to leave the column out)", $"null in row {first + missing + 1}, column '{field.Name}'");
    }

    private static IEnumerable<string> Texts<T>(T[] values)
        where T : IFormattable => values.Select(value => value.ToString(null, CultureInfo.InvariantCulture));

    private static string Kind(DataField field) => field.ClrType == typeof(ReadOnlyMemory<char>) ? "texts" : field.ClrType == typeof(bool) ? "truth values" : field.ClrType.Name;
}
