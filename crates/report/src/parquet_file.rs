//! Parquet: one row group, Snappy, and for each column the type that readers expect of it.

use crate::table::{Cell, Cells, Table};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::sync::Arc;

/// Times are whole seconds; a millisecond is the coarsest unit that Parquet knows.
const MS_PER_S: i64 = 1_000;

/// The table as a Parquet file. Counts are unsigned 64-bit integers, measurements doubles, times timestamps in UTC.
///
/// # Errors
/// When the library refuses a column; a table that is well-formed never is.
pub(crate) fn encode(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let fields = table.columns().iter().map(|column| field(column.name, &column.cells).map(Arc::new));
    let schema = Type::group_type_builder("table").with_fields(fields.collect::<Result<_, _>>()?).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("locust-telemetry ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for column in table.columns() {
        write(&mut group, &column.cells, table.rows())?;
    }
    group.close()?;
    file.into_inner()
}

fn field(name: &str, cells: &Cells) -> Result<Type, ParquetError> {
    let count = LogicalType::integer(64, false);
    let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
    let (physical, logical, repetition) = match cells {
        Cells::Count(_) => (Physical::INT64, Some(count), Repetition::REQUIRED),
        Cells::PerhapsCount(_) => (Physical::INT64, Some(count), Repetition::OPTIONAL),
        Cells::Number(_) => (Physical::DOUBLE, None, Repetition::OPTIONAL),
        Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED),
        Cells::Time(_) => (Physical::INT64, Some(time), Repetition::REQUIRED),
    };
    Type::primitive_type_builder(name, physical).with_logical_type(logical).with_repetition(repetition).build()
}

fn write(group: &mut SerializedRowGroupWriter<'_, Vec<u8>>, cells: &Cells, rows: usize) -> Result<(), ParquetError> {
    match cells {
        Cells::Number(_) => write_as::<DoubleType>(group, cells, rows, |cell| match cell {
            Cell::Number(value) => Some(value),
            _ => None,
        }),
        Cells::Text(_) => write_as::<ByteArrayType>(group, cells, rows, |cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text)),
            _ => None,
        }),
        Cells::Count(_) | Cells::PerhapsCount(_) | Cells::Time(_) => {
            write_as::<Int64Type>(group, cells, rows, |cell| match cell {
                // Unsigned values travel as the same bits.
                Cell::Count(value) => Some(value.cast_signed()),
                Cell::Time(second) => Some(second.saturating_mul(MS_PER_S)),
                _ => None,
            })
        }
    }
}

fn write_as<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: &Cells,
    rows: usize,
    value: impl Fn(Cell<'_>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("more columns than the schema has".to_owned()));
    };
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for row in 0..rows {
        let value = value(cells.cell(row));
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    // Levels of a required column are not written.
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;
    use bytes::Bytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, Row};

    fn rows(table: &Table) -> Vec<Row> {
        let reader = SerializedFileReader::new(Bytes::from(encode(table).unwrap())).unwrap();
        reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
    }

    fn fields(row: &Row) -> Vec<Field> {
        row.get_column_iter().map(|(_, field)| field.clone()).collect()
    }

    #[test]
    fn every_kind_of_value_is_read_as_it_was_written() {
        let table = Table::new(vec![
            Column { name: "name", cells: Cells::Text(vec!["=\"käse\",\n".into(), String::new()]) },
            Column { name: "requests", cells: Cells::Count(vec![0, u64::MAX]) },
            Column { name: "status", cells: Cells::PerhapsCount(vec![Some(503), None]) },
            Column { name: "p50_ms", cells: Cells::Number(vec![None, Some(0.1 + 0.2)]) },
            Column { name: "time", cells: Cells::Time(vec![1_767_323_045, 0]) },
        ]);
        let rows = rows(&table);
        let first = [
            Field::Str("=\"käse\",\n".into()),
            Field::ULong(0),
            Field::ULong(503),
            Field::Null,
            Field::TimestampMillis(1_767_323_045_000),
        ];
        let second = [
            Field::Str(String::new()),
            Field::ULong(u64::MAX),
            Field::Null,
            Field::Double(0.1 + 0.2),
            Field::TimestampMillis(0),
        ];
        assert_eq!((fields(&rows[0]), fields(&rows[1])), (first.to_vec(), second.to_vec()));
    }

    #[test]
    fn a_table_without_rows_is_a_file_without_rows() {
        let table = Table::new(vec![Column { name: "requests", cells: Cells::Count(Vec::new()) }]);
        assert_eq!(rows(&table).len(), 0);
    }
}
